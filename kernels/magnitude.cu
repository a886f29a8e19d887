// The sum of magnitudes, sum over i of |x[i]|, as kMagnitudeParts partial sums: of how large a net's weights and their
// updates are, which tells whether it learns at a sensible pace.
//
// A block owns one part; its threads take every blockDim.x-th Vec of it, in four sums side by side, and meet in shared
// memory (one thread on the host, where a barrier is dear). The order is fixed by n alone. The last n % kLanes elements
// of a part are added one by one, for what lies behind them is padding. Bytes moved, and the fewest possible: x is read
// once.
#include "kernels/elementwise.h"
#include "kernels/kernel.h"
#include "kernels/table.h"

namespace tandem::KERNEL_NAMESPACE {
namespace {

#if defined(__CUDACC__)
constexpr int kMagnitudeThreads = 256;
#else
constexpr int kMagnitudeThreads = 1;
#endif

template <class A, int N>
__device__ Vec<A, N> magnitude(Vec<A, N> x) {
  return max(Vec<A, N>::all(0) - x, x);  // max takes the second if one is NaN
}

template <class T>
__global__ void magnitude_sums_kernel(const T* __restrict__ x, Compute<T>* __restrict__ sums, size_t n, size_t part) {
  using V = FullVec<T>;
  constexpr int N = kLanes<T>;
  constexpr size_t kStep = size_t(kMagnitudeThreads) * N;
  const size_t begin = min(blockIdx.x * part, n), end = min(begin + part, n), whole = end - (end - begin) % N;
  size_t i = begin + threadIdx.x * N;
  V sum0 = V::all(0), sum1 = sum0, sum2 = sum0, sum3 = sum0;
  for (; i + 3 * kStep < whole; i += 4 * kStep) {
    sum0 += magnitude(V::load(x + i));
    sum1 += magnitude(V::load(x + i + kStep));
    sum2 += magnitude(V::load(x + i + 2 * kStep));
    sum3 += magnitude(V::load(x + i + 3 * kStep));
  }
  for (; i < whole; i += kStep) sum0 += magnitude(V::load(x + i));
  const V lanes = (sum0 + sum1) + (sum2 + sum3);
  Compute<T> sum = 0;
  for (int lane = 0; lane < N; ++lane) sum += lanes[lane];
  if (threadIdx.x == 0) {
    for (size_t rest = whole; rest < end; ++rest) {
      const Compute<T> value = load(x + rest);
      sum += value < 0 ? -value : value;
    }
  }

  if constexpr (kMagnitudeThreads > 1) {
    __shared__ Compute<T> shared[kMagnitudeThreads];
    shared[threadIdx.x] = sum;
    __syncthreads();
    if (threadIdx.x > 0) return;
    for (int thread = 1; thread < kMagnitudeThreads; ++thread) sum += shared[thread];
  }
  sums[blockIdx.x] = sum;
}

template <class T>
void magnitude_sums(Stream stream, const T* x, size_t n, Compute<T>* sums) {
  constexpr size_t kUnit = kLanes<T>;  // a part begins where a Vec does
  const size_t part = ((n + kMagnitudeParts - 1) / kMagnitudeParts + kUnit - 1) / kUnit * kUnit;
  launch<magnitude_sums_kernel<T>>(Launch{dim3(kMagnitudeParts), dim3(kMagnitudeThreads), 0, stream}, x, sums, n, part);
}

}  // namespace

template <class T>
void fill_magnitude(Table<T>& table) {
  table.magnitude_sums = magnitude_sums<T>;
}
TANDEM_INSTANTIATE(fill_magnitude)

}  // namespace tandem::KERNEL_NAMESPACE
