// Turns a kernel into loops: the blocks of a grid are spread over workers, the threads of a block are a plain loop into
// which the kernel is inlined and which the compiler vectorises. A kernel that meets a barrier leaves the loop and goes
// on with a fiber a thread (block_scheduler.cpp).
//
// What makes the loop vectorise, with the cost of leaving it out (all AlexNet kernels together, g++ 12; 150 to 198 ms):
//   * threadIdx and its kin of internal linkage (355 ms, see cuda_words.h);
//   * `flatten` on the loop, so that everything a kernel calls is inlined (348 ms);
//   * -fno-trapping-math, which allows both sides of a condition to be computed (356 ms), and -fno-math-errno;
//   * --param max-unswitch-insns and max-unswitch-level, which move conditions that are the same for all x out (222
//   ms);
//   * `ivdep` on the x loop: the threads of a CUDA block are independent by definition. (`omp simd` is not as good.)
// The flags are set in kernels/host/CMakeLists.txt.
#pragma once
#include <atomic>
#include <tuple>

#include "kernels/host/cuda_words.h"
#include "kernels/host/runtime.h"

#if defined(__clang__)
#define INDEPENDENT_ITERATIONS _Pragma("clang loop vectorize(assume_safety)")
#else
#define INDEPENDENT_ITERATIONS _Pragma("GCC ivdep")
#endif

namespace tandem::host {
namespace {

// The largest tile of a block (kernels/tiles.h): a piece of one row of pixels.
constexpr int kTileBytes = 1 << 16, kTileRows = 1, kTileThreads = 256;

// Where the thread loops end: blockDim, until stop() makes it zero.
thread_local dim3 thread_limit;

template <auto kernel>
struct Kernel;

template <class... Parameters, void (*kernel)(Parameters...)>
struct Kernel<kernel> {
  static void launch(const Launch& l, Parameters... parameters) {
    static std::atomic<bool> cooperative = false;
    std::tuple<Parameters...> arguments(parameters...);
    host::launch(
        {l, __PRETTY_FUNCTION__, &arguments, cooperative, run_blocks, run_thread, enter_block, enter_thread, stop});
  }

 private:
  using Arguments = std::tuple<Parameters...>;

  static void run_blocks(void* arguments, long begin, long end) {
    const dim3 grid = gridDim;
    std::apply([&](Parameters... parameters) { block_loop(begin, end, grid, parameters...); },
               *static_cast<Arguments*>(arguments));
  }

  // The hot loop. Not inlined and with its arguments by value: the compiler then sees plain parameters.
  __attribute__((noinline, flatten)) static void block_loop(long begin, long end, dim3 grid, Parameters... parameters) {
    dim3 block(int(begin % grid.x), int(begin / grid.x % grid.y), int(begin / grid.x / grid.y));
    for (long i = begin; i < end; ++i) {
      blockIdx = block;
      for (int z = 0; z < thread_limit.z; ++z) {
        for (int y = 0; y < thread_limit.y; ++y) {
          threadIdx.z = z;
          threadIdx.y = y;
          INDEPENDENT_ITERATIONS
          for (int x = 0; x < thread_limit.x; ++x) {
            threadIdx.x = x;
            kernel(parameters...);
          }
        }
      }
      if (thread_limit.z == 0) return;  // a barrier was met, and fibers have finished the block
      if (++block.x == grid.x) {
        block.x = 0;
        if (++block.y == grid.y) {
          block.y = 0;
          ++block.z;
        }
      }
    }
  }

  static void run_thread(void* arguments) {
    std::apply([](Parameters... parameters) { kernel(parameters...); }, *static_cast<Arguments*>(arguments));
  }

  static void enter_block(const Launch& l, dim3 block) {
    blockIdx = block;
    blockDim = l.block;
    gridDim = l.grid;
    thread_limit = l.block;
  }

  static void enter_thread(dim3 thread) { threadIdx = thread; }

  static void stop(long* block, int* thread) {
    *block = blockIdx.x + gridDim.x * (blockIdx.y + long(gridDim.y) * blockIdx.z);
    *thread = thread_rank();
    thread_limit = {0, 0, 0};
  }
};

}  // namespace
}  // namespace tandem::host
