// The grid of kernels that work on a matrix of rows, each of `width` contiguous items (elements, Vecs or Words).
#pragma once
#include "kernels/kernel.h"

namespace tandem::KERNEL_NAMESPACE {

// The largest divisor of width that fits into a block (or into `limit` threads). Since it divides, no thread along a
// row needs a guard, which would keep the host from vectorising the loop over threadIdx.x.
inline int block_width(int width, int limit = 1024) {
  int x = width < limit ? width : limit;
  while (width % x != 0) --x;
  return x;
}

// How many rows of x threads make a block of `threads`. If many, a multiple of 16, so that each block begins on a
// sector of memory, whatever the rows' width.
inline int block_height(int x, int threads) {
  const int y = max(1, threads / x);
  return y < 16 ? y : y / 16 * 16;
}

// threadIdx.x and blockIdx.y run over a row, threadIdx.y and blockIdx.x over the rows: a kernel guards its row only.
// A block has about `threads` threads, but no more than `limit` along a row.
inline Launch row_launch(Stream stream, long rows, int width, int limit = 1024, int threads = 256) {
  const int x = block_width(width, limit), y = block_height(x, threads);
  return {dim3(ceil_div(rows, y), width / x), dim3(x, y), 0, stream};
}

__device__ __forceinline__ long row_index() { return long(blockIdx.x) * blockDim.y + threadIdx.y; }
__device__ __forceinline__ int column_index() { return blockIdx.y * blockDim.x + threadIdx.x; }

}  // namespace tandem::KERNEL_NAMESPACE
