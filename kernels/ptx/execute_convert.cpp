// cvt: from any type to any other.
#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <utility>

#include "kernels/ptx/execute.h"
#include "kernels/ptx/lane_loops.h"
#include "kernels/ptx/rounding.h"

namespace tandem::ptx {
namespace {

// A floating-point number to an integer: clamped to its range; NaN becomes 0, or the lowest number for 64 bits from
// double.
template <class Target, class Source>
Target float_to_integer(Source value, Rounding rounding) {
  double x = double(value);
  if (x != x) return sizeof(Target) == 8 && sizeof(Source) == 8 ? Target(uint64_t{1} << 63) : Target(0);
  x = to_integral(x, rounding);
  const double end = std::ldexp(1.0, std::numeric_limits<Target>::digits);
  if (x >= end) return std::numeric_limits<Target>::max();
  if (x < double(std::numeric_limits<Target>::min())) return std::numeric_limits<Target>::min();
  return Target(x);
}

template <class Target, class Source>
Target saturate_integer(Source x) {
  using Limits = std::numeric_limits<Target>;
  if (std::cmp_less(x, Limits::min())) return Limits::min();
  if (std::cmp_greater(x, Limits::max())) return Limits::max();
  return Target(x);
}

template <class Target, class Source>
void to_integer(Execution& run, LaneMask active, const Source* a) {
  const Instruction& i = *run.instruction;
  Target scratch[kWarpSize];
  Target* d = run.registers.destination<Target>(i.destination, scratch);
  for_lanes(active, [&](int lane) {
    if constexpr (std::is_same_v<Source, float>) {
      d[lane] = float_to_integer<Target>(i.flush ? flush_subnormal(a[lane]) : a[lane], i.rounding);
    } else if constexpr (std::is_floating_point_v<Source>) {
      d[lane] = float_to_integer<Target>(a[lane], i.rounding);
    } else {
      d[lane] = i.saturate ? saturate_integer<Target>(a[lane]) : Target(a[lane]);
    }
  });
  run.registers.finish<Target>(i.destination, d, active, std::is_signed_v<Target> && sizeof(Target) < 4);
}

// An integer or a double to T in the instruction's rounding mode.
template <class T, class Source>
T round_to(Source x, Rounding rounding) {
  if (rounding == Rounding::kNearest) return T(x);
  return rounded(rounding, [&] {
    const volatile Source unrounded = x;
    return T(unrounded);
  });
}

template <class Source>
float to_float(const Instruction& i, Source a) {
  float value = 0;
  if constexpr (std::is_same_v<Source, float>) {
    value = i.flush ? flush_subnormal(a) : a;
    if (i.to_integral) value = to_integral(value, i.rounding);
  } else {
    value = round_to<float>(a, i.rounding);
  }
  value = canonical(value);
  if (i.flush) value = flush_subnormal(value);
  if (i.saturate) value = saturate(value);
  return i.relu && value <= 0 ? 0.0f : value;
}

template <class Source>
double to_double(const Instruction& i, Source a) {
  double value = 0;
  if constexpr (std::is_integral_v<Source> && sizeof(Source) == 8) {
    value = round_to<double>(a, i.rounding);
  } else if constexpr (std::is_same_v<Source, float>) {
    value = i.flush ? flush_subnormal(a) : a;
  } else {
    value = double(a);
  }
  if (i.to_integral) value = to_integral(value, i.rounding);
  return i.saturate ? saturate(value) : value;
}

// To 16 bits, or to tf32, which is a float32 with a short mantissa.
template <class Source>
uint32_t to_narrow(const Instruction& i, Source a) {
  double value = double(a);
  if (i.to_integral) value = to_integral(value, i.rounding);
  if (i.relu && value < 0) value = 0;
  if (i.saturate) value = saturate(value);
  return i.type == Type::kF16    ? to_half(value, i.rounding)
         : i.type == Type::kBf16 ? to_bf16(value, i.rounding)
                                 : to_tf32(value, i.rounding);
}

template <class Target, class Source, class F>
void each(Execution& run, LaneMask active, const Source* a, F convert) {
  const Instruction& i = *run.instruction;
  Target scratch[kWarpSize];
  Target* d = run.registers.destination<Target>(i.destination, scratch);
  for_lanes(active, [&](int lane) { d[lane] = convert(i, a[lane]); });
  run.registers.finish<Target>(i.destination, d, active);
}

template <class Source>
void convert_from(Execution& run, LaneMask active, const Source* a) {
  switch (run.instruction->type) {
    case Type::kU8:
    case Type::kB8:
      return to_integer<uint8_t>(run, active, a);
    case Type::kS8:
      return to_integer<int8_t>(run, active, a);
    case Type::kF32:
      return each<float>(run, active, a, to_float<Source>);
    case Type::kF64:
      return each<double>(run, active, a, to_double<Source>);
    case Type::kF16:
    case Type::kBf16:
    case Type::kTf32:
      return each<uint32_t>(run, active, a, to_narrow<Source>);
    default:
      with_integer(run, run.instruction->type, [&](auto zero) { to_integer<decltype(zero)>(run, active, a); });
  }
}

template <class Source>
void convert_register(Execution& run, LaneMask active) {
  Source scratch[kWarpSize];
  convert_from(run, active, run.registers.read<Source>(run.instruction->sources[0], scratch));
}

void convert_from_half(Execution& run, LaneMask active) {
  const Instruction& i = *run.instruction;
  const bool is_bf16 = i.source_type == Type::kBf16;
  uint16_t scratch[kWarpSize];
  const uint16_t* bits = run.registers.read<uint16_t>(i.sources[0], scratch);
  if (is_bf16 && i.type == Type::kF32 && !i.to_integral && !i.saturate && !i.relu && !i.flush) {
    uint32_t values[kWarpSize];  // NaN keeps its bits
    for (uint32_t lane = 0; lane < kWarpSize; ++lane) values[lane] = uint32_t(bits[lane]) << 16;
    return run.registers.write(i.destination, values, active);
  }
  float values[kWarpSize];
  for (uint32_t lane = 0; lane < kWarpSize; ++lane) {
    values[lane] = is_bf16 ? from_bf16(bits[lane]) : from_half(bits[lane]);
  }
  convert_from(run, active, values);
}

// Two float32 to a pair of 16-bit numbers; the first operand becomes the upper half.
void convert_to_pair(Execution& run, LaneMask active) {
  const Instruction& i = *run.instruction;
  float scratch_a[kWarpSize], scratch_b[kWarpSize];
  uint32_t scratch_d[kWarpSize];
  const float* a = run.registers.read<float>(i.sources[0], scratch_a);
  const float* b = run.registers.read<float>(i.sources[1], scratch_b);
  uint32_t* d = run.registers.destination<uint32_t>(i.destination, scratch_d);
  const auto narrow = [&](float x) -> uint32_t {
    const float value = i.relu && x < 0 ? 0 : x;
    return i.type == Type::kBf16x2 ? to_bf16(value, i.rounding) : to_half(value, i.rounding);
  };
  for_lanes(active, [&](int lane) { d[lane] = narrow(a[lane]) << 16 | narrow(b[lane]); });
  run.registers.finish<uint32_t>(i.destination, d, active);
}

}  // namespace

void execute_convert(Execution& run, LaneMask active) {
  const Instruction& i = *run.instruction;
  if (i.type == Type::kBf16x2 || i.type == Type::kF16x2) return convert_to_pair(run, active);
  switch (i.source_type) {
    case Type::kU8:
    case Type::kB8:
      return convert_register<uint8_t>(run, active);
    case Type::kS8:
      return convert_register<int8_t>(run, active);
    case Type::kF32:
      return convert_register<float>(run, active);
    case Type::kF64:
      return convert_register<double>(run, active);
    case Type::kF16:
    case Type::kBf16:
      return convert_from_half(run, active);
    default:
      with_integer(run, i.source_type, [&](auto zero) { convert_register<decltype(zero)>(run, active); });
  }
}

}  // namespace tandem::ptx
