// float32 and float64 arithmetic.
#include <bit>
#include <cmath>

#include "kernels/ptx/execute.h"
#include "kernels/ptx/lane_loops.h"
#include "kernels/ptx/rounding.h"

namespace tandem::ptx {
namespace {

// What happens to operands and results besides the operation itself.
template <class T, bool kFlush>
struct Finish {
  bool saturates;
  static T flushed(T x) {
    if constexpr (kFlush) return flush_subnormal(x);
    return x;
  }
  T operator()(T x) const { return saturates ? saturate(flushed(x)) : canonical(flushed(x)); }
};

// The .f64 approximations give only the upper half of the bits.
double upper_bits(double x) { return std::bit_cast<double>(std::bit_cast<uint64_t>(x) & ~uint64_t{0xffffffff}); }

double reciprocal_sqrt(double x) {
  if (x == 0) return std::copysign(INFINITY, x);
  return x < 0 ? NAN : 1.0 / std::sqrt(x);
}

// div.approx is allowed to give 0 for divisors beyond 2^126, and does.
template <class T>
double approximate_quotient(T a, T b, bool full_range, int ulp) {
  const double magnitude = std::fabs(double(b));
  if (!full_range && magnitude > 0x1p126 && magnitude < INFINITY) return std::isinf(a) ? NAN : double(T(0) * a);
  return approximate(double(a) / double(b), ulp);
}

// The four basic operations and fma to the nearest, and in another rounding mode.
template <class T, bool kFlush>
void basic(Execution& run, LaneMask active) {
  const Instruction& i = *run.instruction;
  const Finish<T, kFlush> finish{i.saturate};
  const auto z = [](T x) { return Finish<T, kFlush>::flushed(x); };
  switch (i.opcode) {
    case Opcode::kAdd:
      return binary<T>(run, active, [&](T a, T b) { return finish(z(a) + z(b)); });
    case Opcode::kSubtract:
      return binary<T>(run, active, [&](T a, T b) { return finish(z(a) - z(b)); });
    case Opcode::kMultiply:
      return binary<T>(run, active, [&](T a, T b) { return finish(z(a) * z(b)); });
    case Opcode::kDivide:
      return binary<T>(run, active, [&](T a, T b) { return finish(z(a) / z(b)); });
    case Opcode::kReciprocal:
      return unary<T>(run, active, [&](T a) { return finish(1 / z(a)); });
    case Opcode::kSqrt:
      return unary<T>(run, active, [&](T a) { return finish(std::sqrt(z(a))); });
    default:  // fma, mad
      return ternary<T>(run, active, [&](T a, T b, T c) { return finish(std::fma(z(a), z(b), z(c))); });
  }
}

template <class T>
T in_current_mode(Opcode opcode, T x, T y, T z) {
  const volatile T a = x, b = y, c = z;
  switch (opcode) {
    case Opcode::kAdd:
      return a + b;
    case Opcode::kSubtract:
      return a - b;
    case Opcode::kMultiply:
      return a * b;
    case Opcode::kDivide:
      return a / b;
    case Opcode::kReciprocal:
      return 1 / a;
    case Opcode::kSqrt:
      return std::sqrt(T(a));
    default:
      return std::fma(T(a), T(b), T(c));
  }
}

template <class T, bool kFlush>
void directed(Execution& run, LaneMask active) {
  const Instruction& i = *run.instruction;
  const Finish<T, kFlush> finish{i.saturate};
  const auto z = [](T x) { return Finish<T, kFlush>::flushed(x); };
  const auto compute = [&](T a, T b, T c) {
    return finish(rounded(i.rounding, [&] { return in_current_mode(i.opcode, z(a), z(b), z(c)); }));
  };
  if (i.source_count == 1) return unary<T>(run, active, [&](T a) { return compute(a, T(0), T(0)); });
  if (i.source_count == 2) return binary<T>(run, active, [&](T a, T b) { return compute(a, b, T(0)); });
  ternary<T>(run, active, compute);
}

template <class T, bool kFlush>
void approximations(Execution& run, LaneMask active) {
  const Instruction& i = *run.instruction;
  const Finish<T, kFlush> finish{i.saturate};
  const auto z = [](T x) { return Finish<T, kFlush>::flushed(x); };
  const int ulp = run.settings.approximation_ulp;
  const auto function = [&](auto f) {
    unary<T>(run, active, [&](T a) {
      if constexpr (sizeof(T) == 8) return T(upper_bits(f(a)));
      return finish(T(approximate(f(double(z(a))), ulp)));
    });
  };
  switch (i.opcode) {
    case Opcode::kDivide:
      return binary<T>(run, active,
                       [&](T a, T b) { return finish(T(approximate_quotient(z(a), z(b), i.full_range, ulp))); });
    case Opcode::kReciprocal:
      return function([](double x) { return 1.0 / x; });
    case Opcode::kSqrt:
      return function([](double x) { return std::sqrt(x); });
    case Opcode::kReciprocalSqrt:
      return function(reciprocal_sqrt);
    case Opcode::kSine:
      return function([](double x) { return std::sin(x); });
    case Opcode::kCosine:
      return function([](double x) { return std::cos(x); });
    case Opcode::kLog2:
      return function([](double x) { return std::log2(x); });
    case Opcode::kExp2:
      return function([](double x) { return std::exp2(x); });
    case Opcode::kTanh:
      return function([](double x) { return std::tanh(x); });
    default:
      run.unsupported();
  }
}

template <class T, bool kFlush>
void floating(Execution& run, LaneMask active) {
  const Instruction& i = *run.instruction;
  const auto z = [](T x) { return Finish<T, kFlush>::flushed(x); };
  switch (i.opcode) {
    case Opcode::kDivide:
    case Opcode::kReciprocal:
    case Opcode::kSqrt:
      if (i.approximate) return approximations<T, kFlush>(run, active);
      [[fallthrough]];
    case Opcode::kAdd:
    case Opcode::kSubtract:
    case Opcode::kMultiply:
    case Opcode::kFusedMultiplyAdd:
    case Opcode::kMultiplyAdd:
      if (i.rounding != Rounding::kNearest) return directed<T, kFlush>(run, active);
      return basic<T, kFlush>(run, active);
    case Opcode::kAbs:
      return unary<T>(run, active, [&](T a) { return z(std::fabs(a)); });
    case Opcode::kNegate:
      return unary<T>(run, active, [&](T a) { return z(-a); });
    case Opcode::kMin:
      return binary<T>(run, active, [&](T a, T b) { return z(minimum(z(a), z(b), i.propagate_nan)); });
    case Opcode::kMax:
      return binary<T>(run, active, [&](T a, T b) { return z(maximum(z(a), z(b), i.propagate_nan)); });
    case Opcode::kCopySign:
      return binary<T>(run, active, [](T a, T b) { return std::copysign(b, a); });
    default:
      return approximations<T, kFlush>(run, active);
  }
}

}  // namespace

void execute_float(Execution& run, LaneMask active) {
  if (run.instruction->type == Type::kF64) return floating<double, false>(run, active);
  if (run.instruction->flush) return floating<float, true>(run, active);
  floating<float, false>(run, active);
}

}  // namespace tandem::ptx
