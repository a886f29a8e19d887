// The host runtime: kernels with and without barriers against what CUDA's programming guide says they do, in all the
// ways that a launch can run; and the diagnosis of kernels that break its rules.
#include <catch2/catch.hpp>
#include <cmath>
#include <numeric>
#include <string>
#include <vector>

#include "kernels/host/thread_pool.h"
#include "kernels/kernel.h"

namespace tandem::host {
namespace {

constexpr unsigned kFullMask = 0xffffffffu;

// Calls body(stream) with every kind of stream: none, one worker, more, and strict with two orders.
template <class Body>
void on_every_stream(Body body) {
  body(nullptr);
  for (const int threads : {1, 3}) {
    ThreadPool pool(threads);
    body(&pool);
    for (const unsigned seed : {1u, 2u}) {
      pool.set_strict(seed);
      body(&pool);
    }
  }
}

__global__ void indices_kernel(int* visits, dim3 grid, dim3 block) {
  const bool sizes_right = gridDim.x == grid.x && gridDim.y == grid.y && gridDim.z == grid.z && blockDim.x == block.x &&
                           blockDim.y == block.y && blockDim.z == block.z;
  const int x = blockIdx.x * blockDim.x + threadIdx.x, width = gridDim.x * blockDim.x;
  const int y = blockIdx.y * blockDim.y + threadIdx.y, height = gridDim.y * blockDim.y;
  const int z = blockIdx.z * blockDim.z + threadIdx.z;
  if (sizes_right) ++visits[(z * height + y) * width + x];
}

TEST_CASE("every thread of a grid runs once, with its indices", "[host]") {
  on_every_stream([](Stream stream) {
    const dim3 grid(5, 3, 2), block(7, 4, 2);
    std::vector<int> visits(5 * 3 * 2 * 7 * 4 * 2);
    launch<indices_kernel>(Launch{grid, block, 0, stream}, visits.data(), grid, block);
    REQUIRE(visits == std::vector<int>(visits.size(), 1));
  });
}

__global__ void early_return_kernel(int* x, int n) {
  const int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i >= n) return;
  x[i] = i;
}

TEST_CASE("a thread that returns early leaves the others running", "[host]") {
  on_every_stream([](Stream stream) {
    constexpr int kCount = 1001;
    std::vector<int> x(1024, -1), expected(1024, -1);
    std::iota(expected.begin(), expected.begin() + kCount, 0);
    launch<early_return_kernel>(Launch{grid1d(kCount, 256), 256, 0, stream}, x.data(), kCount);
    REQUIRE(x == expected);
  });
}

template <class T>
__device__ T warp_sum(T value) {
  UNROLL
  for (int distance = 16; distance > 0; distance /= 2) value += __shfl_xor_sync(kFullMask, value, distance);
  return value;
}

// A block a row: shuffles, static shared memory and a barrier, after a loop.
template <int kThreads>
__global__ void __launch_bounds__(kThreads) row_sum_kernel(const int* x, int* sum, int n) {
  __shared__ int partial[kThreads / 32];
  int s = 0;
  for (int i = threadIdx.x; i < n; i += kThreads) s += x[blockIdx.x * n + i];
  s = warp_sum(s);
  if (threadIdx.x % 32 == 0) partial[threadIdx.x / 32] = s;
  __syncthreads();
  if (threadIdx.x < 32) {
    s = warp_sum(threadIdx.x < kThreads / 32 ? partial[threadIdx.x] : 0);
    if (threadIdx.x == 0) sum[blockIdx.x] = s;
  }
}

TEST_CASE("barriers and shuffles: row sums", "[host]") {
  on_every_stream([](Stream stream) {
    constexpr int kRows = 50, kColumns = 1000;
    std::vector<int> x(kRows * kColumns), sum(kRows, -1), expected(kRows, 0);
    for (int i = 0; i < kRows * kColumns; ++i) expected[i / kColumns] += x[i] = i % 7 + i / kColumns;
    launch<row_sum_kernel<256>>(Launch{kRows, 256, 0, stream}, x.data(), sum.data(), kColumns);
    REQUIRE(sum == expected);
  });
}

template <class T>
__global__ void reverse_kernel(T* x, int n) {
  DYNAMIC_SHARED(T, row);
  row[threadIdx.x] = x[blockIdx.x * n + threadIdx.x];
  __syncthreads();
  x[blockIdx.x * n + threadIdx.x] = row[n - 1 - threadIdx.x];
}

TEST_CASE("dynamic shared memory belongs to a block: reversed rows", "[host]") {
  on_every_stream([](Stream stream) {
    constexpr int kRows = 40, kColumns = 100;
    std::vector<double> x(kRows * kColumns);
    std::iota(x.begin(), x.end(), 0);
    launch<reverse_kernel<double>>(Launch{kRows, kColumns, kColumns * sizeof(double), stream}, x.data(), kColumns);
    for (int i = 0; i < kRows * kColumns; ++i) REQUIRE(x[i] == i / kColumns * kColumns + kColumns - 1 - i % kColumns);
  });
}

// Every fourth block has a barrier; those before have run as plain loops when the first is met.
__global__ void late_barrier_kernel(int* x) {
  __shared__ int neighbour[64];
  const int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (blockIdx.x % 4 == 3) {
    neighbour[threadIdx.x] = i;
    __syncthreads();
    x[i] = neighbour[63 - threadIdx.x];
  } else {
    x[i] = -i;
  }
}

TEST_CASE("a kernel may meet its first barrier in a later block", "[host]") {
  on_every_stream([](Stream stream) {
    std::vector<int> x(10 * 64);
    launch<late_barrier_kernel>(Launch{10, 64, 0, stream}, x.data());
    for (int i = 0; i < 640; ++i) REQUIRE(x[i] == (i / 64 % 4 == 3 ? i / 64 * 64 + 63 - i % 64 : -i));
  });
}

struct Shuffled {
  int index, up, down, exchanged, segment_up, segment_down, narrow_index;
  unsigned odd;
  int any, all;
};

__global__ void shuffle_kernel(Shuffled* out) {
  const int lane = threadIdx.x % 32, mine = 100 * (threadIdx.x / 32) + lane;
  Shuffled& o = out[threadIdx.x];
  o.index = __shfl_sync(kFullMask, mine, 3);
  o.up = __shfl_up_sync(kFullMask, mine, 2);
  o.down = __shfl_down_sync(kFullMask, mine, 2);
  o.exchanged = __shfl_xor_sync(kFullMask, mine, 5);
  o.segment_up = __shfl_up_sync(kFullMask, mine, 1, 8);
  o.segment_down = __shfl_down_sync(kFullMask, mine, 1, 8);
  o.narrow_index = __shfl_sync(kFullMask, mine, 11, 8);
  o.odd = __ballot_sync(kFullMask, lane % 2);
  o.any = __any_sync(kFullMask, lane == 31);
  o.all = __all_sync(kFullMask, lane < 31);
}

TEST_CASE("shuffles and ballots of full warps", "[host]") {
  on_every_stream([](Stream stream) {
    std::vector<Shuffled> out(64);
    launch<shuffle_kernel>(Launch{1, 64, 0, stream}, out.data());
    for (int i = 0; i < 64; ++i) {
      const int lane = i % 32, base = 100 * (i / 32);
      const Shuffled& o = out[i];
      INFO("thread " << i);
      REQUIRE(o.index == base + 3);
      REQUIRE(o.up == base + (lane < 2 ? lane : lane - 2));
      REQUIRE(o.down == base + (lane > 29 ? lane : lane + 2));
      REQUIRE(o.exchanged == base + (lane ^ 5));
      REQUIRE(o.segment_up == base + (lane % 8 == 0 ? lane : lane - 1));
      REQUIRE(o.segment_down == base + (lane % 8 == 7 ? lane : lane + 1));
      REQUIRE(o.narrow_index == base + lane / 8 * 8 + 3);
      REQUIRE(o.odd == 0xaaaaaaaau);
      REQUIRE(o.any == 1);
      REQUIRE(o.all == 0);
    }
  });
}

// The second warp has 8 lanes; in the first, lanes 0 to 15 and 16 to 31 go different ways with masks of their own.
__global__ void partial_warp_kernel(double* out) {
  const double mine = threadIdx.x;
  if (threadIdx.x < 16) {
    out[threadIdx.x] = __shfl_sync(0x0000ffffu, mine, 7);
  } else if (threadIdx.x < 32) {
    out[threadIdx.x] = __shfl_xor_sync(0xffff0000u, mine, 1);
  } else {
    out[threadIdx.x] = __ballot_sync(0x000000ffu, threadIdx.x >= 36);
  }
  __syncthreads();
}

TEST_CASE("shuffles of parts of a warp", "[host]") {
  on_every_stream([](Stream stream) {
    std::vector<double> out(40);
    launch<partial_warp_kernel>(Launch{1, 40, 0, stream}, out.data());
    for (int i = 0; i < 40; ++i) REQUIRE(out[i] == (i < 16 ? 7 : i < 32 ? i ^ 1 : 0xf0));
  });
}

// __syncwarp orders what the lanes of a warp do to shared memory.
__global__ void syncwarp_kernel(int* x) {
  __shared__ int slots[32];
  slots[threadIdx.x] = x[threadIdx.x];
  __syncwarp();
  x[threadIdx.x] = slots[31 - threadIdx.x];
}

TEST_CASE("__syncwarp makes shared memory visible to the warp", "[host]") {
  on_every_stream([](Stream stream) {
    std::vector<int> x(32);
    std::iota(x.begin(), x.end(), 0);
    launch<syncwarp_kernel>(Launch{1, 32, 0, stream}, x.data());
    for (int i = 0; i < 32; ++i) REQUIRE(x[i] == 31 - i);
  });
}

__global__ void histogram_kernel(const int* x, int* counts, unsigned* total, int* largest, int n) {
  const int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i >= n) return;
  atomicAdd(&counts[x[i]], 1);
  atomicAdd(total, 1u);
  atomicMax(largest, i);
}

TEST_CASE("integer atomics count every thread", "[host]") {
  on_every_stream([](Stream stream) {
    constexpr int kCount = 10007;
    std::vector<int> x(kCount), counts(10, 0), expected(10, 0);
    for (int i = 0; i < kCount; ++i) ++expected[x[i] = i * 7 % 10];
    unsigned total = 0;
    int largest = -1;
    launch<histogram_kernel>(Launch{grid1d(kCount, 256), 256, 0, stream}, x.data(), counts.data(), &total, &largest,
                             kCount);
    REQUIRE(counts == expected);
    REQUIRE(total == kCount);
    REQUIRE(largest == kCount - 1);
  });
}

TEST_CASE("tiles that run on the pool may launch kernels of their own", "[host]") {
  ThreadPool pool(3);
  constexpr int kTiles = 20, kColumns = 300;
  for (const Stream stream : {Stream(nullptr), Stream(&pool)}) {
    std::vector<int> x(kTiles * kColumns, 1), sum(kTiles, -1);
    pool.parallel_for(kTiles, [&](long tile, int) {
      launch<row_sum_kernel<128>>(Launch{1, 128, 0, stream}, x.data() + tile * kColumns, sum.data() + tile, kColumns);
    });
    REQUIRE(sum == std::vector<int>(kTiles, kColumns));
  }
}

__global__ void copy_uninitialised_kernel(float* to) {
  DYNAMIC_SHARED(float, shared);
  to[threadIdx.x] = shared[threadIdx.x];
}

TEST_CASE("strict launches begin with NaN in dynamic shared memory", "[host]") {
  ThreadPool pool(2);
  pool.set_strict(3);
  std::vector<float> x(8, 0);
  launch<copy_uninitialised_kernel>(Launch{1, 8, 8 * sizeof(float), &pool}, x.data());
  for (const float value : x) REQUIRE(std::isnan(value));
}

// --- kernels that break the rules

__device__ int global_rank() { return blockIdx.x * blockDim.x + threadIdx.x; }

__global__ void returned_before_barrier_kernel(int* x) {
  if (threadIdx.x < 20) return;
  x[global_rank()] = 1;
  __syncthreads();
  x[global_rank()] = 2;
}

__global__ void different_barriers_kernel(int* x) {
  if (threadIdx.x < 20) {
    __syncthreads();
  } else {
    x[global_rank()] = 1;
    __syncthreads();
  }
}

__global__ void divergent_shuffle_kernel(int* x) {
  if (threadIdx.x < 20) x[global_rank()] = __shfl_down_sync(kFullMask, x[global_rank()], 1);
}

__global__ void shuffle_out_of_mask_kernel(int* x) {
  if (threadIdx.x < 20) x[global_rank()] = __shfl_sync(0x000fffffu, x[global_rank()], 25);
}

__global__ void not_in_own_mask_kernel(int* x) { x[global_rank()] = __shfl_sync(0x0000ffffu, x[global_rank()], 0); }

using Catch::Matchers::Contains, Catch::Matchers::EndsWith;

template <auto kernel>
void check_diagnosis(const std::string& what, const std::string& kernel_name) {
  on_every_stream([&](Stream stream) {
    std::vector<int> x(3 * 64, 5);
    REQUIRE_THROWS_WITH(
        launch<kernel>(Launch{3, 64, 0, stream}, x.data()),
        Contains(what) && Contains("test_launch.cpp:") && Contains("in block (") && EndsWith("::" + kernel_name));
    // The thread is usable afterwards.
    int sum = 0;
    launch<row_sum_kernel<64>>(Launch{1, 64, 0, stream}, std::vector<int>(64, 2).data(), &sum, 64);
    REQUIRE(sum == 128);
  });
}

TEST_CASE("misuse of barriers and warps is diagnosed", "[host]") {
  check_diagnosis<returned_before_barrier_kernel>("reached by only some threads", "returned_before_barrier_kernel");
  check_diagnosis<different_barriers_kernel>("wait at different barriers", "different_barriers_kernel");
  check_diagnosis<divergent_shuffle_kernel>("divergent warp", "divergent_shuffle_kernel");
  check_diagnosis<shuffle_out_of_mask_kernel>("reads lane 25, which its mask does not name",
                                              "shuffle_out_of_mask_kernel");
  check_diagnosis<not_in_own_mask_kernel>("not in its own mask", "not_in_own_mask_kernel");
}

TEST_CASE("a launch that no GPU accepts is refused", "[host]") {
  std::vector<int> x(4);
  const auto attempt = [&](dim3 grid, dim3 block, size_t shared_bytes) {
    launch<early_return_kernel>(Launch{grid, block, shared_bytes}, x.data(), 0);
  };
  REQUIRE_NOTHROW(attempt(1, 1024, 0));
  REQUIRE_THROWS_WITH(attempt(1, 1025, 0), Contains("block (1025,1,1)") && Contains("early_return_kernel"));
  REQUIRE_THROWS_AS(attempt(1, dim3(1, 1, 65), 0), std::invalid_argument);
  REQUIRE_THROWS_AS(attempt(1, 0, 0), std::invalid_argument);
  REQUIRE_THROWS_AS(attempt(0, 1, 0), std::invalid_argument);
  REQUIRE_THROWS_AS(attempt(dim3(1, 65536), 1, 0), std::invalid_argument);
  REQUIRE_THROWS_WITH(attempt(1, 1, 200 * 1024), Contains("204800 bytes of shared memory"));
}

}  // namespace
}  // namespace tandem::host
