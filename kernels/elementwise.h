// The grid of elementwise kernels: a thread handles one Vec of kLanes<T> neighbours, the last one into the padding.
#pragma once
#include "kernels/kernel.h"

namespace tandem::KERNEL_NAMESPACE {

template <class T>
using FullVec = Vec<Compute<T>, kLanes<T>>;

template <class T>
Launch elementwise_launch(Stream stream, size_t n) {
  constexpr int kThreads = 256;
  return {grid1d(long(n), kThreads * kLanes<T>), dim3(kThreads), 0, stream};
}

// The first element of the calling thread's Vec. 64 bits wide: a tensor may have more than 2^31 elements.
template <class T>
__device__ __forceinline__ size_t element_index() {
  return (size_t(blockIdx.x) * blockDim.x + threadIdx.x) * kLanes<T>;
}

}  // namespace tandem::KERNEL_NAMESPACE
