// The power that both kinds of local response normalisation divide by.
#pragma once
#include "kernels/kernel.h"

namespace tandem::KERNEL_NAMESPACE {

// scale^-beta. The paper's exponent of 3/4 needs no logarithm: it is a product of roots. Any other goes one by one.
template <bool kThreeQuarters, class A, int N>
__device__ Vec<A, N> inverse_power(Vec<A, N> scale, A beta) {
  if constexpr (kThreeQuarters) {
    const Vec<A, N> root = rsqrt(scale);
    return root * sqrt(root);
  } else {
    static_assert(N == 1);
    return Vec<A, 1>::all(pow(scale[0], -beta));
  }
}

}  // namespace tandem::KERNEL_NAMESPACE
