// Atomic operations: lane by lane, warp by warp, which is one of the orders a GPU may choose.
#include <algorithm>
#include <cstring>

#include "kernels/ptx/addresses.h"
#include "kernels/ptx/execute.h"
#include "kernels/ptx/lane_loops.h"
#include "kernels/ptx/memory_request.h"
#include "kernels/ptx/rounding.h"

namespace tandem::ptx {
namespace {

// new = f(old, b, c) at each lane's address; the old value is the result.
template <class T, class F>
void atomic(Execution& run, LaneMask active, F f) {
  const Instruction& i = *run.instruction;
  Address addresses[kWarpSize];
  compute_addresses(run, 0, addresses);
  if (run.settings.count) count_request(run, i.space, addresses, active, sizeof(T), true);
  ++run.counters.atomics;
  T scratch_b[kWarpSize], scratch_c[kWarpSize], before[kWarpSize] = {}, scratch_d[kWarpSize];
  const T* b = run.registers.read<T>(i.sources[1], scratch_b);
  const T* c = i.source_count > 2 ? run.registers.read<T>(i.sources[2], scratch_c) : b;
  MemoryRequest request(run, i.space, sizeof(T), 1, MemoryRequest::Kind::kAtomic);
  for (LaneMask rest = active; rest; rest &= rest - 1) {
    const int lane = first_lane(rest);
    uint8_t* place = request.place(lane, addresses[lane]);
    if (!place) continue;
    std::memcpy(&before[lane], place, sizeof(T));
    const T after = f(before[lane], b[lane], c[lane]);
    std::memcpy(place, &after, sizeof(T));
  }
  T* d = run.registers.destination<T>(i.destination, scratch_d);
  for_lanes(active, [&](int lane) { d[lane] = before[lane]; });
  run.registers.finish<T>(i.destination, d, active);
}

template <class T>
void atomic_integer(Execution& run, LaneMask active) {
  using U = std::make_unsigned_t<T>;
  switch (run.instruction->mode) {
    case Mode::kAdd:
      return atomic<T>(run, active, [](T old, T b, T) { return T(U(old) + U(b)); });
    case Mode::kMin:
      return atomic<T>(run, active, [](T old, T b, T) { return std::min(old, b); });
    case Mode::kMax:
      return atomic<T>(run, active, [](T old, T b, T) { return std::max(old, b); });
    case Mode::kIncrement:
      return atomic<T>(run, active, [](T old, T b, T) { return old >= b ? T(0) : T(old + 1); });
    case Mode::kDecrement:
      return atomic<T>(run, active, [](T old, T b, T) { return old == 0 || old > b ? b : T(old - 1); });
    case Mode::kCompareAndSwap:
      return atomic<T>(run, active, [](T old, T b, T c) { return old == b ? c : old; });
    case Mode::kExchange:
      return atomic<T>(run, active, [](T, T b, T) { return b; });
    case Mode::kAnd:
      return atomic<T>(run, active, [](T old, T b, T) { return T(old & b); });
    case Mode::kOr:
      return atomic<T>(run, active, [](T old, T b, T) { return T(old | b); });
    case Mode::kXor:
      return atomic<T>(run, active, [](T old, T b, T) { return T(old ^ b); });
    default:
      run.unsupported();
  }
}

// Additions. On global memory those of float32 flush subnormal numbers, whatever the instruction says.
void atomic_float(Execution& run, LaneMask active) {
  if (run.instruction->space == Space::kShared) {
    return atomic<float>(run, active, [](float old, float b, float) { return canonical(old + b); });
  }
  atomic<float>(run, active, [](float old, float b, float) {
    return canonical(flush_subnormal(flush_subnormal(old) + flush_subnormal(b)));
  });
}

uint16_t add_halves(uint16_t a, uint16_t b) { return to_half(double(from_half(a)) + double(from_half(b))); }
uint16_t add_bf16(uint16_t a, uint16_t b) { return to_bf16(double(from_bf16(a)) + double(from_bf16(b))); }

void atomic_pair(Execution& run, LaneMask active, uint16_t (*add)(uint16_t, uint16_t)) {
  atomic<uint32_t>(run, active, [&](uint32_t old, uint32_t b, uint32_t) {
    return uint32_t(add(uint16_t(old >> 16), uint16_t(b >> 16))) << 16 | add(uint16_t(old), uint16_t(b));
  });
}

}  // namespace

void execute_atomic(Execution& run, LaneMask active) {
  const Type type = run.instruction->type;
  const bool is_float = type == Type::kF32 || type == Type::kF64 || type == Type::kF16 || type == Type::kBf16 ||
                        type == Type::kF16x2 || type == Type::kBf16x2;
  if (is_float && run.instruction->mode != Mode::kAdd) run.unsupported();
  switch (type) {
    case Type::kF32:
      return atomic_float(run, active);
    case Type::kF64:
      return atomic<double>(run, active, [](double old, double b, double) { return old + b; });
    case Type::kF16:
      return atomic<uint16_t>(run, active, [](uint16_t old, uint16_t b, uint16_t) { return add_halves(old, b); });
    case Type::kBf16:
      return atomic<uint16_t>(run, active, [](uint16_t old, uint16_t b, uint16_t) { return add_bf16(old, b); });
    case Type::kF16x2:
      return atomic_pair(run, active, add_halves);
    case Type::kBf16x2:
      return atomic_pair(run, active, add_bf16);
    default:
      with_integer(run, type, [&](auto zero) { atomic_integer<decltype(zero)>(run, active); });
  }
}

}  // namespace tandem::ptx
