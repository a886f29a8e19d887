// The shape of most instructions: destination = f(sources), lane by lane.
#pragma once
#include <cstdint>
#include <type_traits>

#include "kernels/ptx/execution.h"

namespace tandem::ptx {

template <class T, class F>
void unary(Execution& run, LaneMask active, F f) {
  const Instruction& i = *run.instruction;
  T scratch_a[kWarpSize], scratch_d[kWarpSize];
  const T* a = run.registers.read<T>(i.sources[0], scratch_a);
  T* d = run.registers.destination<T>(i.destination, scratch_d);
  for_lanes(active, [&](int lane) { d[lane] = f(a[lane]); });
  run.registers.finish<T>(i.destination, d, active);
}

// The second source may have another type: amounts of shifts.
template <class T, class U = T, class F>
void binary(Execution& run, LaneMask active, F f) {
  const Instruction& i = *run.instruction;
  T scratch_a[kWarpSize], scratch_d[kWarpSize];
  U scratch_b[kWarpSize];
  const T* a = run.registers.read<T>(i.sources[0], scratch_a);
  const U* b = run.registers.read<U>(i.sources[1], scratch_b);
  T* d = run.registers.destination<T>(i.destination, scratch_d);
  for_lanes(active, [&](int lane) { d[lane] = f(a[lane], b[lane]); });
  run.registers.finish<T>(i.destination, d, active);
}

template <class T, class F>
void ternary(Execution& run, LaneMask active, F f) {
  const Instruction& i = *run.instruction;
  T scratch_a[kWarpSize], scratch_b[kWarpSize], scratch_c[kWarpSize], scratch_d[kWarpSize];
  const T* a = run.registers.read<T>(i.sources[0], scratch_a);
  const T* b = run.registers.read<T>(i.sources[1], scratch_b);
  const T* c = run.registers.read<T>(i.sources[2], scratch_c);
  T* d = run.registers.destination<T>(i.destination, scratch_d);
  for_lanes(active, [&](int lane) { d[lane] = f(a[lane], b[lane], c[lane]); });
  run.registers.finish<T>(i.destination, d, active);
}

// A result that is 32 bits wide whatever the operand is.
template <class T, class F>
void unary_to_32(Execution& run, LaneMask active, F f) {
  const Instruction& i = *run.instruction;
  T scratch_a[kWarpSize];
  uint32_t scratch_d[kWarpSize];
  const T* a = run.registers.read<T>(i.sources[0], scratch_a);
  uint32_t* d = run.registers.destination<uint32_t>(i.destination, scratch_d);
  for_lanes(active, [&](int lane) { d[lane] = f(a[lane]); });
  run.registers.finish<uint32_t>(i.destination, d, active);
}

// Calls f with a zero of the C++ type that an integer type of at least 16 bits stands for.
template <class F>
void with_integer(Execution& run, Type type, F f) {
  switch (type) {
    case Type::kU16:
    case Type::kB16:
      return f(uint16_t{0});
    case Type::kS16:
      return f(int16_t{0});
    case Type::kU32:
    case Type::kB32:
      return f(uint32_t{0});
    case Type::kS32:
      return f(int32_t{0});
    case Type::kU64:
    case Type::kB64:
      return f(uint64_t{0});
    case Type::kS64:
      return f(int64_t{0});
    default:
      run.unsupported();
  }
}

}  // namespace tandem::ptx
