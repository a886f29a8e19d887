// Runs blocks of a kernel on the thread that calls it; each thread has a scheduler of its own.
//
// A kernel is first run as plain loops on one fiber. Most have no barrier and that is all. At its first barrier or warp
// operation the fiber is suspended: it goes on as the one CUDA thread that it was in, the threads before that have
// returned, and those after it get fibers of their own. From then on the kernel is known as cooperative, and its blocks
// start with a fiber a thread. So no kernel has to say which kind it is.
#pragma once
#include <cstddef>
#include <memory>
#include <optional>
#include <vector>

#include "kernels/host/cuda_thread.h"
#include "kernels/host/runtime.h"
#include "kernels/host/warp.h"

namespace tandem::host {

class BlockScheduler {
 public:
  static BlockScheduler& of_this_thread();

  // Blocks [begin, end) of the call's grid, in order. A kernel's misuse of barriers ends in std::runtime_error.
  // strict_order_seed: see ThreadPool::set_strict.
  void run(const KernelCall& call, std::optional<unsigned> strict_order_seed, long begin, long end);

  // Called on a fiber.
  void barrier(const char* file, int line);
  uint64_t warp(WarpOperation, unsigned mask, uint64_t value, int source_lane, const char* file, int line);
  void* dynamic_shared() { return dynamic_shared_.get(); }

  CudaThread* current() { return current_; }

 private:
  static void fiber_entry() noexcept;

  long run_plain_loops(long begin, long end);
  void run_block(int first = 0);
  void prepare_threads(int first);
  void run_until_all_wait();
  bool pass_barrier();

  void start(CudaThread& thread);
  void resume(CudaThread& thread);
  void suspend(CudaThread::State state, const char* file, int line);
  Warp warp_from(int rank) const;

  void reserve_threads(int count);
  void abandon_threads();
  void resize_dynamic_shared(size_t bytes);

  const KernelCall* call_ = nullptr;
  long block_ = 0;  // under way, as a number in the grid
  std::optional<unsigned> strict_order_seed_;

  Fiber own_;  // this thread's own stack, on which the scheduler runs
  std::unique_ptr<CudaThread> loop_ = std::make_unique<CudaThread>();  // runs the plain loops
  long loop_begin_ = 0, loop_end_ = 0;
  std::vector<std::unique_ptr<CudaThread>> threads_;  // by rank, never moved; as many as the largest block had
  int thread_count_ = 0;                              // of the current block
  std::vector<int> order_;                            // the ranks, in the order in which they run
  CudaThread* current_ = nullptr;                     // null while the scheduler itself runs

  struct FreeShared {
    void operator()(std::byte* bytes) const;
  };
  std::unique_ptr<std::byte, FreeShared> dynamic_shared_;
  size_t dynamic_shared_bytes_ = 0;

  // Addresses that stand for "before the block", "after it" and its barriers to TSan.
  int barriers_passed_ = 0;
  char tsan_start_ = 0, tsan_finish_ = 0, tsan_barrier_[2] = {};
};

}  // namespace tandem::host
