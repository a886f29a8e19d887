// Comparisons, and selections by them.
#include <cmath>

#include "kernels/ptx/execute.h"
#include "kernels/ptx/lane_loops.h"
#include "kernels/ptx/rounding.h"

namespace tandem::ptx {
namespace {

// The lanes whose values compare so. Operands that are not ordered (NaN) make every ordinary comparison false.
template <class T>
LaneMask compare(const T* a, const T* b, Comparison comparison) {
  const auto where = [&](auto holds) { return lanes_where([&](int lane) { return holds(a[lane], b[lane]); }); };
  switch (comparison) {
    case Comparison::kEqual:
      return where([](T x, T y) { return x == y; });
    case Comparison::kNotEqual:
      return where([](T x, T y) { return x < y || x > y; });
    case Comparison::kLess:
      return where([](T x, T y) { return x < y; });
    case Comparison::kLessEqual:
      return where([](T x, T y) { return x <= y; });
    case Comparison::kGreater:
      return where([](T x, T y) { return x > y; });
    case Comparison::kGreaterEqual:
      return where([](T x, T y) { return x >= y; });
    case Comparison::kEqualU:
      return where([](T x, T y) { return !(x < y || x > y); });
    case Comparison::kNotEqualU:
      return where([](T x, T y) { return x != y; });
    case Comparison::kLessU:
      return where([](T x, T y) { return !(x >= y); });
    case Comparison::kLessEqualU:
      return where([](T x, T y) { return !(x > y); });
    case Comparison::kGreaterU:
      return where([](T x, T y) { return !(x <= y); });
    case Comparison::kGreaterEqualU:
      return where([](T x, T y) { return !(x < y); });
    case Comparison::kNumbers:
      return where([](T x, T y) { return x == x && y == y; });
    case Comparison::kNan:
      return where([](T x, T y) { return x != x || y != y; });
  }
  return 0;
}

template <class T>
LaneMask compare_sources(Execution& run) {
  const Instruction& i = *run.instruction;
  T scratch_a[kWarpSize], scratch_b[kWarpSize];
  const T* a = run.registers.read<T>(i.sources[0], scratch_a);
  const T* b = run.registers.read<T>(i.sources[1], scratch_b);
  if constexpr (std::is_same_v<T, float>) {
    if (i.flush) {
      float flushed_a[kWarpSize], flushed_b[kWarpSize];
      for (uint32_t lane = 0; lane < kWarpSize; ++lane) {
        flushed_a[lane] = flush_subnormal(a[lane]);
        flushed_b[lane] = flush_subnormal(b[lane]);
      }
      return compare(flushed_a, flushed_b, i.comparison);
    }
  }
  return compare(a, b, i.comparison);
}

LaneMask compare_halves(Execution& run, float (*convert)(uint16_t)) {
  const Instruction& i = *run.instruction;
  uint16_t scratch[kWarpSize];
  float values[2][kWarpSize];
  for (size_t k = 0; k < 2; ++k) {
    const uint16_t* bits = run.registers.read<uint16_t>(i.sources[k], scratch);
    for (uint32_t lane = 0; lane < kWarpSize; ++lane) values[k][lane] = convert(bits[lane]);
  }
  return compare(values[0], values[1], i.comparison);
}

LaneMask compare_as(Execution& run, Type type) {
  LaneMask result = 0;
  switch (type) {
    case Type::kF32:
      return compare_sources<float>(run);
    case Type::kF64:
      return compare_sources<double>(run);
    case Type::kF16:
      return compare_halves(run, from_half);
    case Type::kBf16:
      return compare_halves(run, from_bf16);
    default:
      with_integer(run, type, [&](auto zero) { result = compare_sources<decltype(zero)>(run); });
      return result;
  }
}

LaneMask combine(Mode mode, LaneMask compared, LaneMask predicate) {
  return mode == Mode::kAnd   ? compared & predicate
         : mode == Mode::kOr  ? compared | predicate
         : mode == Mode::kXor ? compared ^ predicate
                              : compared;
}

void set(Execution& run, LaneMask active) {
  const Instruction& i = *run.instruction;
  const bool to_predicate = i.opcode == Opcode::kSetPredicate;
  const LaneMask compared = compare_as(run, to_predicate ? i.type : i.source_type);
  const LaneMask predicate = i.combine == Mode::kNone ? 0 : run.registers.predicate(i.sources[2]);
  const LaneMask result = combine(i.combine, compared, predicate);
  if (to_predicate) {
    run.registers.set_predicate(i.destination, result, active);
    run.registers.set_predicate(i.second_destination, combine(i.combine, ~compared, predicate), active);
    return;
  }
  const uint32_t yes = i.type == Type::kF32 ? 0x3f800000 : bytes_of(i.type) == 2 ? 0xffff : 0xffffffff;
  uint32_t values[kWarpSize];
  for (uint32_t lane = 0; lane < kWarpSize; ++lane) values[lane] = result >> lane & 1 ? yes : 0;
  run.registers.write(i.destination, values, active);
}

void select(Execution& run, LaneMask active, LaneMask first) {
  const auto between = [&](auto zero) {
    using T = decltype(zero);
    const Instruction& i = *run.instruction;
    T scratch_a[kWarpSize], scratch_b[kWarpSize], scratch_d[kWarpSize];
    const T* a = run.registers.read<T>(i.sources[0], scratch_a);
    const T* b = run.registers.read<T>(i.sources[1], scratch_b);
    T* d = run.registers.destination<T>(i.destination, scratch_d);
    for_lanes(active, [&](int lane) { d[lane] = has_lane(first, lane) ? a[lane] : b[lane]; });
    run.registers.finish<T>(i.destination, d, active);
  };
  const int bytes = bytes_of(run.instruction->type);
  if (bytes == 8) return between(uint64_t{0});
  if (bytes == 2) return between(uint16_t{0});
  between(uint32_t{0});
}

template <class T>
LaneMask not_negative(Execution& run) {
  T scratch[kWarpSize];
  const T* c = run.registers.read<T>(run.instruction->sources[2], scratch);
  return lanes_where([&](int lane) { return c[lane] >= 0; });
}

template <class T>
LaneMask test_property(Execution& run) {
  T scratch[kWarpSize];
  const T* a = run.registers.read<T>(run.instruction->sources[0], scratch);
  const Mode property = run.instruction->mode;
  return lanes_where([&](int lane) {
    const T x = a[lane];
    switch (property) {
      case Mode::kFinite:
        return std::isfinite(x);
      case Mode::kInfinite:
        return std::isinf(x);
      case Mode::kNumber:
        return !std::isnan(x);
      case Mode::kNotANumber:
        return std::isnan(x);
      case Mode::kNormal:
        return std::isnormal(x);
      default:
        return std::fpclassify(x) == FP_SUBNORMAL;
    }
  });
}

}  // namespace

void execute_compare(Execution& run, LaneMask active) {
  const Instruction& i = *run.instruction;
  switch (i.opcode) {
    case Opcode::kSelect:
      return select(run, active, run.registers.predicate(i.sources[2]));
    case Opcode::kSelectBySign:
      return select(run, active, i.source_type == Type::kF32 ? not_negative<float>(run) : not_negative<int32_t>(run));
    case Opcode::kTestProperty:
      return run.registers.set_predicate(
          i.destination, i.type == Type::kF32 ? test_property<float>(run) : test_property<double>(run), active);
    default:
      return set(run, active);
  }
}

}  // namespace tandem::ptx
