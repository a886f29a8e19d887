// The bias of a layer, one number a channel, added to every row (pixel) of [rows][channels]; and its gradient, the sum
// of every column:  y[r][c] += b[c];  db[c] = sum over r of dy[r][c].
//
// Bytes moved: add_bias reads and writes y once, and the bias once a block; column_sum reads x once, and writes and
// reads the sums of up to kColumnSumParts parts, which matter less the more rows there are: a seventh of x at 128 rows
// (a fully-connected layer's batch), nothing at an image layer's hundred thousand.
#include "kernels/kernel.h"
#include "kernels/row_launch.h"
#include "kernels/table.h"

namespace tandem::KERNEL_NAMESPACE {
namespace {

// How many threads share the rows of one column in a block: on the GPU enough to keep its memory busy, on the host one,
// since a barrier is dear there and the threads of a block take turns anyway.
#if defined(__CUDACC__)
constexpr int kColumnSumThreads = 256;
#else
constexpr int kColumnSumThreads = 1;
#endif

// A block of add_bias: on the GPU wide enough for whole lines of the cache and then as high as possible, since every
// block reads its piece of the bias; on the host, where that is in cache, long rows.
#if defined(__CUDACC__)
constexpr int kBiasThreadsAcross = 32, kBiasThreads = 512;
#else
constexpr int kBiasThreadsAcross = 1024, kBiasThreads = 256;
#endif

// A thread adds N channels (x) of one row (y).
template <class T, int N>
__global__ void add_bias_kernel(T* __restrict__ y, const Compute<T>* __restrict__ bias, long rows, int channels) {
  using V = Vec<Compute<T>, N>;
  const int c = column_index() * N;
  const long row = row_index();
  T* out = y + size_t(row) * channels;
  if (row < rows) (V::load(out + c) + V::load(bias + c)).store(out + c);
}

// sums[part] = column sums of rows [part * part_rows, (part + 1) * part_rows), part = blockIdx.y. A thread adds up N
// channels (x) of every blockDim.y-th row (y); threads of one column then meet in shared memory. The order is fixed by
// part_rows and the block: four sums side by side, since one would wait for each addition to finish.
template <class T, int N>
__global__ void column_sum_kernel(const T* __restrict__ x, Compute<T>* __restrict__ sums, long rows, int channels,
                                  long part_rows, bool accumulate) {
  using V = Vec<Compute<T>, N>;
  const int c = (blockIdx.x * blockDim.x + threadIdx.x) * N;
  const long begin = blockIdx.y * part_rows, end = min(begin + part_rows, rows), step = long(blockDim.y) * channels;
  const T* in = x + size_t(begin + threadIdx.y) * channels;
  Compute<T>* out = sums + size_t(blockIdx.y) * channels;
  V sum0 = V::all(0), sum1 = sum0, sum2 = sum0, sum3 = sum0;
  long row = begin + threadIdx.y;
  for (; row + 3 * blockDim.y < end; row += 4 * blockDim.y, in += 4 * step) {
    sum0 += V::load(in + c);
    sum1 += V::load(in + step + c);
    sum2 += V::load(in + 2 * step + c);
    sum3 += V::load(in + 3 * step + c);
  }
  for (; row < end; row += blockDim.y, in += step) sum0 += V::load(in + c);
  V sum = (sum0 + sum1) + (sum2 + sum3);

  if constexpr (kColumnSumThreads > 1) {
    __shared__ __align__(16) Compute<T> shared[kColumnSumThreads * N];
    sum.store(shared + (threadIdx.y * blockDim.x + threadIdx.x) * N);
    __syncthreads();
    if (threadIdx.y > 0) return;
    for (int y = 1; y < blockDim.y; ++y) sum += V::load(shared + (y * blockDim.x + threadIdx.x) * N);
  }
  if (accumulate) sum += V::load(out + c);
  sum.store(out + c);
}

template <class T, int N>
void add_bias_by(Stream stream, T* y, const Compute<T>* bias, long rows, int channels) {
  const Launch l = row_launch(stream, rows, channels / N, kBiasThreadsAcross, kBiasThreads);
  launch<add_bias_kernel<T, N>>(l, y, bias, rows, channels);
}

template <class T>
void add_bias(Stream stream, T* y, const Compute<T>* bias, long rows, int channels) {
  const auto variant = channels % kLanes<T> == 0 ? add_bias_by<T, kLanes<T>> : add_bias_by<T, 1>;
  variant(stream, y, bias, rows, channels);
}

template <class T, int N>
void column_sum_by(Stream stream, const T* x, Compute<T>* partial, Compute<T>* sum, long rows, int channels,
                   bool accumulate) {
  using A = Compute<T>;
  constexpr long kPartRows = 16;  // fewer are not worth a second pass
  const long part_rows = max(kPartRows, long(ceil_div(rows, kColumnSumParts)));
  const int parts = ceil_div(rows, part_rows);
  const int x_threads = block_width(channels / N, 32);
  const dim3 block(x_threads, block_height(x_threads, kColumnSumThreads));
  const int blocks = channels / N / x_threads;
  const auto sum_rows = launch<column_sum_kernel<T, N>, const T*, A*, long, int, long, bool>;
  const auto sum_parts = launch<column_sum_kernel<A, N>, const A*, A*, long, int, long, bool>;
  if (parts == 1) return sum_rows(Launch{dim3(blocks), block, 0, stream}, x, sum, rows, channels, rows, accumulate);
  sum_rows(Launch{dim3(blocks, parts), block, 0, stream}, x, partial, rows, channels, part_rows, false);
  sum_parts(Launch{dim3(blocks), block, 0, stream}, partial, sum, parts, channels, parts, accumulate);
}

template <class T>
void column_sum(Stream stream, const T* x, Compute<T>* partial, Compute<T>* sum, long rows, int channels,
                bool accumulate) {
  const auto variant = channels % kLanes<T> == 0 ? column_sum_by<T, kLanes<T>> : column_sum_by<T, 1>;
  variant(stream, x, partial, sum, rows, channels, accumulate);
}

}  // namespace

template <class T>
void fill_bias(Table<T>& table) {
  table.add_bias = add_bias<T>;
  table.column_sum = column_sum<T>;
}
TANDEM_INSTANTIATE(fill_bias)

}  // namespace tandem::KERNEL_NAMESPACE
