// Integer products, whose result is the lower half, the upper half, or all of the bits; and sums of more than a word,
// added up with the carry of the words below.
#include "kernels/ptx/execute.h"
#include "kernels/ptx/lane_loops.h"

namespace tandem::ptx {
namespace {

__extension__ typedef __int128 Int128;
__extension__ typedef unsigned __int128 Uint128;

// An integer of the same sign, twice as wide.
template <class T>
struct Twice;
template <>
struct Twice<uint16_t> {
  using Type = uint32_t;
};
template <>
struct Twice<int16_t> {
  using Type = int32_t;
};
template <>
struct Twice<uint32_t> {
  using Type = uint64_t;
};
template <>
struct Twice<int32_t> {
  using Type = int64_t;
};
template <>
struct Twice<uint64_t> {
  using Type = Uint128;
};
template <>
struct Twice<int64_t> {
  using Type = Int128;
};

template <class T>
T upper_half(T a, T b) {
  using Wide = typename Twice<T>::Type;
  return T((Wide(a) * Wide(b)) >> (8 * sizeof(T)));
}

template <class T>
T lower_half(T a, T b) {
  using U = std::make_unsigned_t<T>;
  return T(uint64_t(U(a)) * uint64_t(U(b)));
}

template <class T>
void multiply_wide(Execution& run, LaneMask active) {
  using Wide = typename Twice<T>::Type;
  using UnsignedWide = std::make_unsigned_t<Wide>;
  const Instruction& i = *run.instruction;
  T scratch_a[kWarpSize], scratch_b[kWarpSize];
  Wide scratch_c[kWarpSize], scratch_d[kWarpSize];
  const T* a = run.registers.read<T>(i.sources[0], scratch_a);
  const T* b = run.registers.read<T>(i.sources[1], scratch_b);
  Wide* d = run.registers.destination<Wide>(i.destination, scratch_d);
  if (i.opcode == Opcode::kMultiplyAdd) {
    const Wide* c = run.registers.read<Wide>(i.sources[2], scratch_c);
    for_lanes(active,
              [&](int lane) { d[lane] = Wide(UnsignedWide(Wide(a[lane]) * Wide(b[lane])) + UnsignedWide(c[lane])); });
  } else {
    for_lanes(active, [&](int lane) { d[lane] = Wide(a[lane]) * Wide(b[lane]); });
  }
  run.registers.finish<Wide>(i.destination, d, active);
}

template <class T>
void multiply(Execution& run, LaneMask active) {
  using U = std::make_unsigned_t<T>;
  const Instruction& i = *run.instruction;
  const bool adds = i.opcode == Opcode::kMultiplyAdd;
  if (i.carry_out || i.saturate) run.unsupported();
  if (i.mode == Mode::kWide) {
    if constexpr (sizeof(T) < 8) return multiply_wide<T>(run, active);
    run.unsupported();
  }
  if (i.mode == Mode::kHigh) {
    if (!adds) return binary<T>(run, active, upper_half<T>);
    return ternary<T>(run, active, [](T a, T b, T c) { return T(U(upper_half(a, b)) + U(c)); });
  }
  if (!adds) return binary<T>(run, active, lower_half<T>);
  ternary<T>(run, active, [](T a, T b, T c) { return T(U(lower_half(a, b)) + U(c)); });
}

template <class T>
void add_with_carry(Execution& run, LaneMask active) {
  using Wide = typename Twice<T>::Type;
  const Instruction& i = *run.instruction;
  const bool subtracts = i.opcode == Opcode::kSubtract || i.opcode == Opcode::kSubtractCarry;
  const bool carries_in = i.opcode == Opcode::kAddCarry || i.opcode == Opcode::kSubtractCarry;
  uint32_t& flags = run.warp->registers[run.kernel.initial_registers.size()];
  const LaneMask before = carries_in ? flags : 0;
  LaneMask after = flags;
  int lane = 0;
  const auto sum = [&](T a, T b) {
    const Wide carry = has_lane(before, lane);
    const Wide result = subtracts ? Wide(a) - b - carry : Wide(a) + b + carry;
    after = (after & ~(1u << lane)) | LaneMask(result >> (8 * sizeof(T)) & 1) << lane;
    return T(result);
  };
  T scratch_a[kWarpSize], scratch_b[kWarpSize], scratch_d[kWarpSize];
  const T* a = run.registers.read<T>(i.sources[0], scratch_a);
  const T* b = run.registers.read<T>(i.sources[1], scratch_b);
  T* d = run.registers.destination<T>(i.destination, scratch_d);
  for_lanes(active, [&](int each) {
    lane = each;
    d[lane] = sum(a[lane], b[lane]);
  });
  run.registers.finish<T>(i.destination, d, active);
  if (i.carry_out) flags = after;
}

}  // namespace

void execute_multiply(Execution& run, LaneMask active) {
  with_integer(run, run.instruction->type, [&](auto zero) { multiply<decltype(zero)>(run, active); });
}

void execute_add_with_carry(Execution& run, LaneMask active) {
  if (bytes_of(run.instruction->type) == 8) return add_with_carry<uint64_t>(run, active);
  add_with_carry<uint32_t>(run, active);
}

}  // namespace tandem::ptx
