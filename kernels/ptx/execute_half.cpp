// Arithmetic on half and bf16, alone or in pairs: computed in double, rounded once.
#include <algorithm>
#include <cmath>

#include "kernels/ptx/execute.h"
#include "kernels/ptx/lane_loops.h"
#include "kernels/ptx/rounding.h"

namespace tandem::ptx {
namespace {

double compute(const Execution& run, double a, double b, double c) {
  const Instruction& i = *run.instruction;
  switch (i.opcode) {
    case Opcode::kAdd:
      return a + b;
    case Opcode::kSubtract:
      return a - b;
    case Opcode::kMultiply:
      return a * b;
    case Opcode::kFusedMultiplyAdd:
      return std::fma(a, b, c);
    case Opcode::kMin:
      return minimum(a, b, i.propagate_nan);
    case Opcode::kMax:
      return maximum(a, b, i.propagate_nan);
    case Opcode::kExp2:
      return std::exp2(a);
    case Opcode::kTanh:
      return std::tanh(a);
    default:
      run.unsupported();
  }
}

}  // namespace

void execute_half(Execution& run, LaneMask active) {
  constexpr uint32_t kSign = 0x8000, kHalfExponent = 0x7c00;
  const Instruction& i = *run.instruction;
  const bool is_bf16 = i.type == Type::kBf16 || i.type == Type::kBf16x2;
  const int halves = i.type == Type::kF16x2 || i.type == Type::kBf16x2 ? 2 : 1;
  uint32_t scratch[3][kWarpSize], scratch_d[kWarpSize];
  const uint32_t* sources[3] = {};
  for (int k = 0; k < std::min(i.source_count, 3); ++k) {
    sources[k] = run.registers.read<uint32_t>(i.sources[size_t(k)], scratch[k]);
  }
  uint32_t* d = run.registers.destination<uint32_t>(i.destination, scratch_d);

  const auto one = [&](int lane, int half) -> uint32_t {
    double x[3] = {};
    for (int k = 0; k < 3; ++k) {
      const auto bits = uint16_t(sources[k] ? sources[k][lane] >> 16 * half : 0);
      x[k] = is_bf16 ? from_bf16(bits) : from_half(bits);
    }
    const auto bits = uint16_t(sources[0][lane] >> 16 * half);
    uint32_t result = 0;
    if (i.opcode == Opcode::kNegate) {
      result = bits ^ kSign;
    } else if (i.opcode == Opcode::kAbs) {
      result = bits & ~kSign;
    } else {
      double value = compute(run, x[0], x[1], x[2]);
      if (i.saturate) value = saturate(value);
      if (i.relu && value <= 0) value = 0;
      result = is_bf16 ? to_bf16(value) : to_half(value);
    }
    return i.flush && !is_bf16 && !(result & kHalfExponent) ? result & kSign : result;
  };
  for_lanes(active, [&](int lane) {
    uint32_t result = one(lane, 0);
    if (halves == 2) result |= one(lane, 1) << 16;
    d[lane] = result;
  });
  run.registers.finish<uint32_t>(i.destination, d, active);
}

}  // namespace tandem::ptx
