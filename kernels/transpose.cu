// The transpose of a matrix:  y[c][r] = x[r][c].
//
// A thread moves kStrip neighbours of one row of x, threads of a block stand in one column strip: so writes are
// contiguous from thread to thread, and what a thread reads is contiguous in itself, whole sectors that stay in the
// first-level cache until the thread has used them. No shared memory: on the host its barrier would cost ten times what
// the moves cost.
//
// Bytes moved: x read and y written once, which is the fewest possible.
#include "kernels/kernel.h"
#include "kernels/row_launch.h"
#include "kernels/table.h"

namespace tandem::KERNEL_NAMESPACE {
namespace {

constexpr int kStrip = 16;  // a line of the host's cache, of floats

template <class T>
__global__ void transpose_kernel(const T* __restrict__ x, T* __restrict__ y, int rows, int columns) {
  const int r = column_index(), begin = blockIdx.x * kStrip, end = min(begin + kStrip, columns);
  const T* in = x + size_t(r) * columns;
  T* out = y + r;
  for (int c = begin; c < end; ++c) out[size_t(c) * rows] = in[c];
}

template <class T>
void transpose(Stream stream, const T* x, T* y, int rows, int columns) {
  const int threads = block_width(rows, 512);
  launch<transpose_kernel<T>>(Launch{dim3(ceil_div(columns, kStrip), rows / threads), dim3(threads), 0, stream}, x, y,
                              rows, columns);
}

}  // namespace

template <class T>
void fill_transpose(Table<T>& table) {
  table.transpose = transpose<T>;
}
TANDEM_INSTANTIATE(fill_transpose)

}  // namespace tandem::KERNEL_NAMESPACE
