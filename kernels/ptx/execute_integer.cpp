// Integer arithmetic. PTX integers wrap around: everything is computed in the unsigned type of the same width.
#include <algorithm>
#include <limits>

#include "kernels/ptx/execute.h"
#include "kernels/ptx/lane_loops.h"

namespace tandem::ptx {
namespace {

template <class T>
constexpr bool kSigned = std::is_signed_v<T>;

int32_t saturate_to_32(int64_t x) {
  return int32_t(std::clamp<int64_t>(x, std::numeric_limits<int32_t>::min(), std::numeric_limits<int32_t>::max()));
}

// The lowest 24 bits, as mul24 takes its operands.
template <class T>
int64_t low_24(T x) {
  return kSigned<T> ? int64_t(int32_t(uint32_t(x) << 8) >> 8) : int64_t(uint32_t(x) & 0xffffff);
}

// Division by zero gives all ones, the remainder the dividend: what GPUs do and the PTX manual leaves open.
template <class T>
T divide(T a, T b) {
  using U = std::make_unsigned_t<T>;
  if (b == 0) return T(-1);
  if (kSigned<T> && b == T(-1)) return T(U(0) - U(a));
  return T(a / b);
}

template <class T>
T remainder(T a, T b) {
  if (b == 0) return a;
  if (kSigned<T> && b == T(-1)) return 0;
  return T(a % b);
}

template <class T>
void integer(Execution& run, LaneMask active) {
  using U = std::make_unsigned_t<T>;
  const Instruction& i = *run.instruction;
  const bool relu = i.relu;
  const auto positive = [relu](T x) { return relu && kSigned<T> && x < 0 ? T(0) : x; };
  switch (i.opcode) {
    case Opcode::kAdd:
      if (i.carry_out) return execute_add_with_carry(run, active);
      if (i.saturate) {
        return binary<T>(run, active, [](T a, T b) { return T(saturate_to_32(int64_t(a) + int64_t(b))); });
      }
      return binary<T>(run, active, [](T a, T b) { return T(U(a) + U(b)); });
    case Opcode::kSubtract:
      if (i.carry_out) return execute_add_with_carry(run, active);
      if (i.saturate) {
        return binary<T>(run, active, [](T a, T b) { return T(saturate_to_32(int64_t(a) - int64_t(b))); });
      }
      return binary<T>(run, active, [](T a, T b) { return T(U(a) - U(b)); });
    case Opcode::kAddCarry:
    case Opcode::kSubtractCarry:
      return execute_add_with_carry(run, active);
    case Opcode::kMultiply:
    case Opcode::kMultiplyAdd:
      return execute_multiply(run, active);
    case Opcode::kMultiply24:
      return binary<T>(run, active, [](T a, T b) { return T(low_24(a) * low_24(b)); });
    case Opcode::kSumOfAbsoluteDifferences:
      return ternary<T>(run, active, [](T a, T b, T c) { return T(U(c) + (a > b ? U(a) - U(b) : U(b) - U(a))); });
    case Opcode::kDivide:
      return binary<T>(run, active, divide<T>);
    case Opcode::kRemainder:
      return binary<T>(run, active, remainder<T>);
    case Opcode::kAbs:
      return unary<T>(run, active, [](T a) { return T(kSigned<T> && a < 0 ? U(0) - U(a) : U(a)); });
    case Opcode::kNegate:
      return unary<T>(run, active, [](T a) { return T(U(0) - U(a)); });
    case Opcode::kMin:
      return binary<T>(run, active, [&](T a, T b) { return positive(std::min(a, b)); });
    case Opcode::kMax:
      return binary<T>(run, active, [&](T a, T b) { return positive(std::max(a, b)); });
    default:
      run.unsupported();
  }
}

// c + the products of the four bytes of a and b, each signed or not.
void dot_product_4(Execution& run, LaneMask active) {
  const bool a_signed = run.instruction->type == Type::kS32, b_signed = run.instruction->source_type == Type::kS32;
  const auto byte = [](uint32_t x, int k, bool is_signed) {
    return is_signed ? int32_t(int8_t(x >> 8 * k)) : int32_t(uint8_t(x >> 8 * k));
  };
  ternary<uint32_t>(run, active, [&](uint32_t a, uint32_t b, uint32_t c) {
    for (int k = 0; k < 4; ++k) c += uint32_t(byte(a, k, a_signed) * byte(b, k, b_signed));
    return c;
  });
}

}  // namespace

void execute_integer(Execution& run, LaneMask active) {
  if (run.instruction->opcode == Opcode::kDotProduct4) return dot_product_4(run, active);
  with_integer(run, run.instruction->type, [&](auto zero) { integer<decltype(zero)>(run, active); });
}

}  // namespace tandem::ptx
