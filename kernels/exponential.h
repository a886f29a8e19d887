// e^x without a branch, a table or a call, so that the host's compiler makes vectors of it: a call of expf for each
// element took most of a sigmoid's time. Included by kernels/vec.h only.
#pragma once
#include <bit>
#include <cmath>
#include <cstdint>
#include <initializer_list>
#include <type_traits>

#include "kernels/host_device.h"

namespace tandem::KERNEL_NAMESPACE {

// Within two units in the last place of float; infinity from where float ends, 0 where it vanishes, NaN of NaN.
//
// e^x = 2^n e^r with the n that makes |r| <= ln(2) / 2, where Taylor's series to r^7 is within 6e-9.
template <class A>
TANDEM_HOST_DEVICE inline A exponential(A x) {
#if !defined(__CUDACC__)
  if constexpr (std::is_same_v<A, float>) {
    constexpr float kLog2E = 1.44269504f;
    constexpr float kLn2High = 0x1.62e4p-1f, kLn2Low = 1.42860682e-6f;  // ln 2 in two parts: n kLn2High is exact
    constexpr float kRound = 0x1.8p23f;  // added to a number, it leaves the nearest integer in the lowest bits
    const float bounded = x < -110 ? -110 : x > 100 ? 100 : x;  // NaN stays
    const float shifted = bounded * kLog2E + kRound, whole = shifted - kRound;
    const float r = (bounded - whole * kLn2High) - whole * kLn2Low;
    float sum = 1.0f / 5040;
    for (const float coefficient : {1.0f / 720, 1.0f / 120, 1.0f / 24, 1.0f / 6, 0.5f, 1.0f, 1.0f})
      sum = sum * r + coefficient;
    // 2^n as a product of two: n goes beyond what one exponent can hold. Unsigned: NaN makes it any number.
    const uint32_t n = std::bit_cast<uint32_t>(shifted) - std::bit_cast<uint32_t>(kRound);
    const uint32_t half = uint32_t(int32_t(n) >> 1);
    return sum * std::bit_cast<float>((half + 127) << 23) * std::bit_cast<float>((n - half + 127) << 23);
  } else {
    return std::exp(x);
  }
#else
  return exp(x);
#endif
}

}  // namespace tandem::KERNEL_NAMESPACE
