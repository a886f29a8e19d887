// What every kernels/*.cu includes, and the only place that knows on which machine it will run. nvcc gets CUDA in
// namespace tandem::cuda; any other C++20 compiler gets the host runtime's imitation of it in namespace tandem::host.
//
//   namespace tandem::KERNEL_NAMESPACE {
//   template <class T>
//   __global__ void double_it_kernel(T* x, int n) { ... threadIdx.x ... }
//   template <class T>
//   void double_it(Stream stream, T* x, size_t n) {
//     launch<double_it_kernel<T>>(Launch{grid1d(n, 256), 256, 0, stream}, x, int(n));
//   }
//   template <class T>
//   void fill_double_it(Table<T>& table) { table.double_it = double_it<T>; }
//   TANDEM_INSTANTIATE(fill_double_it)
//   }
//
// Rules that make a kernel fast on both machines (each measured; the host's reasons stand in host/launch.h)
//   1. threadIdx.x runs over the contiguous dimension, channels; pixels, taps and images come from y, z and blockIdx.
//   2. An address is a size_t base pointer, the same for all x, plus an int that is affine in threadIdx.x:
//      (row + d)[c], never row[c + d] inside a condition.
//   3. Divisions and other index arithmetic stand before the early return, where they can be hoisted.
//   4. Hot elementwise kernels work in Vec<Compute<T>, kLanes<T>>: a scalar kernel with a guard costs 2 to 5 times
//   more.
//   5. No barrier in a large kernel; a small reduction takes one warp a row.
//   6. Windows of neighbouring pixels overlap: where they do, a block covers a tile of pixels (kernels/tiles.h).
#pragma once
#include <cstddef>
#include <cstdint>

#include "kernels/bf16.h"
#include "kernels/host_device.h"
#include "kernels/table.h"

#if defined(__CUDACC__)
#define KERNEL_NAMESPACE cuda
#include "kernels/cuda/launch.h"
// Ends a kernel file: compiles its table entries for every storage type of this machine.
#define TANDEM_INSTANTIATE(fill)     \
  template void fill(Table<float>&); \
  template void fill(Table<bf16>&);
#else
#define KERNEL_NAMESPACE host
#include "kernels/host/cuda_words.h"
#include "kernels/host/launch.h"
#define TANDEM_INSTANTIATE(fill)     \
  template void fill(Table<float>&); \
  template void fill(Table<bf16>&);  \
  template void fill(Table<double>&);
#endif
#include "kernels/vec.h"

namespace tandem::KERNEL_NAMESPACE {

// Queues one kernel on l.stream. A launch that no GPU would accept throws.
template <auto kernel, class... Arguments>
void launch(const Launch& l, Arguments... arguments) {
  Kernel<kernel>::launch(l, arguments...);
}

TANDEM_HOST_DEVICE constexpr int ceil_div(long a, long b) { return int((a + b - 1) / b); }

// Enough blocks of `block` threads for n of them.
inline dim3 grid1d(long n, int block) { return dim3(ceil_div(n, block)); }

}  // namespace tandem::KERNEL_NAMESPACE
