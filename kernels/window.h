// Index arithmetic of windows that slide over an image in one direction: window i covers the positions
// [i * stride - pad, i * stride - pad + kernel), of which those in [0, size) are real.
#pragma once
#include "kernels/kernel.h"

namespace tandem::KERNEL_NAMESPACE {

struct Range {
  int begin, end;
  __device__ int size() const { return end - begin; }
};

// The real positions of the window that begins at `begin`.
__device__ __forceinline__ Range inside(int begin, int kernel, int size) {
  return {max(begin, 0), min(begin + kernel, size)};
}

// The windows out of [0, count) that cover a position, counted from where window 0 begins.
__device__ __forceinline__ Range covering(int position, int kernel, int stride, int count) {
  return {max(position - kernel + stride, 0) / stride, min(position / stride + 1, count)};
}

}  // namespace tandem::KERNEL_NAMESPACE
