// bf16, the storage type: the upper half of a float (1 sign, 8 exponent, 7 fraction bits). Nothing computes in it.
// Plain C++ that nvcc and any C++20 compiler take; one rounding formula, so both machines store the same bits.
#pragma once
#include <cstdint>

#include "kernels/host_device.h"

namespace tandem {

// From the bits of a float to those of the nearest bf16, ties to even. A NaN stays one, and becomes a quiet one.
// Word is uint32_t, or a SIMD register of them (kernels/vec.h).
template <class Word>
TANDEM_HOST_DEVICE inline Word round_to_bf16(Word word) {
  // Adding just under half of the last place kept, and that place itself, carries into it exactly when it must.
  const Word rounded = (word + 0x7fffu + (word >> 16 & 1u)) >> 16;
  return (word & 0x7fffffffu) > 0x7f800000u ? (word >> 16 | 0x40u) : rounded;
}

struct bf16 {
  uint16_t bits;

  bf16() = default;
  TANDEM_HOST_DEVICE explicit bf16(float value)
      : bits(static_cast<uint16_t>(round_to_bf16(__builtin_bit_cast(uint32_t, value)))) {}
  TANDEM_HOST_DEVICE explicit operator float() const { return __builtin_bit_cast(float, uint32_t(bits) << 16); }
};
static_assert(sizeof(bf16) == 2);

// The type that a storage type is computed in: float for float and bf16, double for double.
template <class T>
struct ComputeType {
  using Type = T;
};
template <>
struct ComputeType<bf16> {
  using Type = float;
};
template <class T>
using Compute = typename ComputeType<T>::Type;

}  // namespace tandem
