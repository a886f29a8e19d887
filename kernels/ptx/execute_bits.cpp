// Shifts, logic, bit fields and permutations.
#include <algorithm>
#include <bit>

#include "kernels/ptx/execute.h"
#include "kernels/ptx/lane_loops.h"

namespace tandem::ptx {
namespace {

template <class T>
constexpr uint32_t kBits = 8 * sizeof(T);

// A shift by the width or more shifts everything out; of a negative number, only its sign remains.
template <class T>
T shift_left(T a, uint32_t amount) {
  return amount >= kBits<T> ? T(0) : T(std::make_unsigned_t<T>(a) << amount);
}

template <class T>
T shift_right(T a, uint32_t amount) {
  if (std::is_signed_v<T>) return T(a >> std::min(amount, kBits<T> - 1));
  return amount >= kBits<T> ? T(0) : T(a >> amount);
}

template <class T>
T reverse(T a) {
  std::make_unsigned_t<T> reversed = 0;
  for (uint32_t bit = 0; bit < kBits<T>; ++bit) {
    reversed = std::make_unsigned_t<T>(reversed << 1 | (std::make_unsigned_t<T>(a) >> bit & 1));
  }
  return T(reversed);
}

// `length` bits from `position` on, extended by the field's sign if T has one.
template <class T>
T extract_field(T a, uint32_t position, uint32_t length) {
  using U = std::make_unsigned_t<T>;
  const U bits = U(a);
  const uint32_t last = std::min(position + length - 1, kBits<T> - 1);
  const bool sign = std::is_signed_v<T> && length && (bits >> last & 1);
  U field = 0;
  for (uint32_t k = 0; k < kBits<T>; ++k) {
    const bool bit = k < length && position + k < kBits<T> ? bits >> (position + k) & 1 : sign;
    field = U(field | U(U(bit) << k));
  }
  return T(field);
}

template <class T>
T insert_field(T field, T into, uint32_t position, uint32_t length) {
  using U = std::make_unsigned_t<T>;
  U result = U(into);
  for (uint32_t k = 0; k < length && position + k < kBits<T>; ++k) {
    const U bit = U(U(1) << (position + k));
    result = U(U(field) >> k & 1 ? result | bit : result & ~bit);
  }
  return T(result);
}

template <class T>
void bit_field(Execution& run, LaneMask active) {
  const Instruction& i = *run.instruction;
  const bool inserts = i.opcode == Opcode::kBitFieldInsert;
  T scratch_a[kWarpSize], scratch_b[kWarpSize], scratch_d[kWarpSize];
  uint32_t scratch_position[kWarpSize], scratch_length[kWarpSize];
  const T* a = run.registers.read<T>(i.sources[0], scratch_a);
  const T* into = inserts ? run.registers.read<T>(i.sources[1], scratch_b) : nullptr;
  const uint32_t* position = run.registers.read<uint32_t>(i.sources[inserts ? 2 : 1], scratch_position);
  const uint32_t* length = run.registers.read<uint32_t>(i.sources[inserts ? 3 : 2], scratch_length);
  T* d = run.registers.destination<T>(i.destination, scratch_d);
  for_lanes(active, [&](int lane) {
    const uint32_t p = position[lane] & 255, n = length[lane] & 255;
    d[lane] = inserts ? insert_field(a[lane], into[lane], p, n) : extract_field(a[lane], p, n);
  });
  run.registers.finish<T>(i.destination, d, active);
}

// The highest bit that differs from the sign; all ones if there is none.
template <class T>
uint32_t leading_one(T a, bool as_shift_amount) {
  using U = std::make_unsigned_t<T>;
  const U bits = std::is_signed_v<T> && a < 0 ? U(~a) : U(a);
  if (bits == 0) return ~0u;
  const auto zeros = uint32_t(std::countl_zero(bits));
  return as_shift_amount ? zeros : kBits<T> - 1 - zeros;
}

template <class T>
void bits(Execution& run, LaneMask active) {
  using U = std::make_unsigned_t<T>;
  const bool shift_amount = run.instruction->shift_amount;
  switch (run.instruction->opcode) {
    case Opcode::kAnd:
      return binary<T>(run, active, [](T a, T b) { return T(a & b); });
    case Opcode::kOr:
      return binary<T>(run, active, [](T a, T b) { return T(a | b); });
    case Opcode::kXor:
      return binary<T>(run, active, [](T a, T b) { return T(a ^ b); });
    case Opcode::kNot:
      return unary<T>(run, active, [](T a) { return T(~a); });
    case Opcode::kClearNot:
      return unary<T>(run, active, [](T a) { return T(a == 0); });
    case Opcode::kShiftLeft:
      return binary<T, uint32_t>(run, active, shift_left<T>);
    case Opcode::kShiftRight:
      return binary<T, uint32_t>(run, active, shift_right<T>);
    case Opcode::kReverseBits:
      return unary<T>(run, active, reverse<T>);
    case Opcode::kBitFieldExtract:
    case Opcode::kBitFieldInsert:
      return bit_field<T>(run, active);
    case Opcode::kCountLeadingZeros:
      return unary_to_32<T>(run, active, [](T a) { return uint32_t(std::countl_zero(U(a))); });
    case Opcode::kPopulationCount:
      return unary_to_32<T>(run, active, [](T a) { return uint32_t(std::popcount(U(a))); });
    case Opcode::kFindLeadingOne:
      return unary_to_32<T>(run, active, [&](T a) { return leading_one(a, shift_amount); });
    default:
      run.unsupported();
  }
}

void predicate_logic(Execution& run, LaneMask active) {
  const Instruction& i = *run.instruction;
  const LaneMask a = run.registers.predicate(i.sources[0]);
  const LaneMask b = i.source_count > 1 ? run.registers.predicate(i.sources[1]) : 0;
  const LaneMask result = i.opcode == Opcode::kAnd   ? a & b
                          : i.opcode == Opcode::kOr  ? a | b
                          : i.opcode == Opcode::kXor ? a ^ b
                                                     : ~a;
  run.registers.set_predicate(i.destination, result, active);
}

// Any function of three bits, given by its table: bit 4a + 2b + c of the fourth operand.
void logic_3(Execution& run, LaneMask active) {
  uint32_t scratch[kWarpSize];
  const uint32_t table = run.registers.read<uint32_t>(run.instruction->sources[3], scratch)[0];
  ternary<uint32_t>(run, active, [table](uint32_t a, uint32_t b, uint32_t c) {
    uint32_t result = 0;
    for (int row = 0; row < 8; ++row) {
      if (table >> row & 1) result |= (row & 4 ? a : ~a) & (row & 2 ? b : ~b) & (row & 1 ? c : ~c);
    }
    return result;
  });
}

// Shifts the 64 bits b:a and keeps one half.
void funnel_shift(Execution& run, LaneMask active) {
  const bool wrap = run.instruction->wrap, left = run.instruction->mode == Mode::kLeft;
  ternary<uint32_t>(run, active, [=](uint32_t a, uint32_t b, uint32_t c) {
    const uint32_t amount = wrap ? c & 31 : std::min(c, 32u);
    const uint64_t both = uint64_t(b) << 32 | a;
    return left ? uint32_t((both << amount) >> 32) : uint32_t(both >> amount);
  });
}

// Each byte of the result is one of the eight of b:a, or that byte's sign.
uint32_t permute_bytes(uint32_t a, uint32_t b, uint32_t selectors) {
  const uint64_t both = uint64_t(b) << 32 | a;
  uint32_t result = 0;
  for (int k = 0; k < 4; ++k) {
    const uint32_t selector = selectors >> 4 * k & 15;
    auto byte = uint8_t(both >> 8 * (selector & 7));
    if (selector & 8) byte = byte & 0x80 ? 0xff : 0;
    result |= uint32_t(byte) << 8 * k;
  }
  return result;
}

}  // namespace

void execute_bits(Execution& run, LaneMask active) {
  switch (run.instruction->opcode) {
    case Opcode::kLogic3:
      return logic_3(run, active);
    case Opcode::kFunnelShift:
      return funnel_shift(run, active);
    case Opcode::kBytePermute:
      return ternary<uint32_t>(run, active, permute_bytes);
    default:
      break;
  }
  if (run.instruction->type == Type::kPredicate) return predicate_logic(run, active);
  with_integer(run, run.instruction->type, [&](auto zero) { bits<decltype(zero)>(run, active); });
}

}  // namespace tandem::ptx
