#include "kernels/host/block_scheduler.h"

#include <algorithm>
#include <cstring>
#include <new>
#include <utility>

namespace tandem::host {
namespace {

using State = CudaThread::State;
constexpr int kWarpSize = 32;
constexpr std::align_val_t kSharedAlignment{16};  // what DYNAMIC_SHARED promises on the GPU

// A plain pointer beside its owner: a thread_local with a destructor would cost a check at every use.
thread_local BlockScheduler* scheduler = nullptr;
thread_local std::unique_ptr<BlockScheduler> scheduler_owner;

dim3 index_at(long i, dim3 size) { return {int(i % size.x), int(i / size.x % size.y), int(i / size.x / size.y)}; }

void shuffle(std::vector<int>& order, unsigned seed) {
  for (int i = int(order.size()) - 1; i > 0; --i) {
    seed = seed * 1664525u + 1013904223u;
    std::swap(order[i], order[(seed >> 8) % unsigned(i + 1)]);
  }
}

}  // namespace

BlockScheduler& BlockScheduler::of_this_thread() {
  if (!scheduler) {
    scheduler_owner = std::make_unique<BlockScheduler>();
    scheduler = scheduler_owner.get();
  }
  return *scheduler;
}

// The two halves of a switch, both inlined: see Fiber::switch_to.
TSAN_HIDDEN_INLINE void BlockScheduler::resume(CudaThread& thread) {
  call_->enter_thread(thread.indices.thread);
  current_ = &thread;
  Fiber::switch_to(own_, thread.fiber);
  current_ = nullptr;
}

TSAN_HIDDEN_INLINE void BlockScheduler::suspend(CudaThread::State state, const char* file, int line) {
  CudaThread& thread = *current_;
  thread.state = state;
  thread.file = file;
  thread.line = line;
  TSAN_RELEASE(&tsan_finish_);  // it may never be resumed
  Fiber::switch_to(thread.fiber, own_);
}

TSAN_HIDDEN void BlockScheduler::run(const KernelCall& call, std::optional<unsigned> strict_order_seed, long begin,
                                     long end) {
  call_ = &call;
  strict_order_seed_ = strict_order_seed;
  resize_dynamic_shared(call.launch.shared_bytes);
  own_.adopt_thread();
  bool try_plain_loops = !strict_order_seed && !call.cooperative.load(std::memory_order_relaxed);
#if defined(__SANITIZE_THREAD__)
  try_plain_loops = false;  // TSan sees a race between two CUDA threads only if they are two threads to it as well
#endif
  try {
    block_ = try_plain_loops ? run_plain_loops(begin, end) : begin;
    for (; block_ < end; ++block_) {
      call.enter_block(call.launch, index_at(block_, call.launch.grid));
      run_block();
    }
  } catch (const Misuse& misuse) {
    abandon_threads();
    throw Misuse(misuse.what() + ("\n  in block " + describe(index_at(block_, call.launch.grid))) + " of " +
                 kernel_name(call));
  } catch (...) {
    abandon_threads();
    throw;
  }
}

// Returns the first block that is still to be run: `end`, or the one after the block in which a barrier was met.
TSAN_HIDDEN long BlockScheduler::run_plain_loops(long begin, long end) {
  call_->enter_block(call_->launch, {0, 0, 0});
  loop_begin_ = begin;
  loop_end_ = end;
  start(*loop_);
  resume(*loop_);
  if (loop_->state == State::kDone) return end;

  call_->cooperative.store(true, std::memory_order_relaxed);
  int first;
  call_->stop(&block_, &first);
  reserve_threads(first + 1);
  std::swap(threads_[first], loop_);
  run_block(first);
  return block_ + 1;
}

// Runs block_. Threads below `first` have already returned.
TSAN_HIDDEN void BlockScheduler::run_block(int first) {
  prepare_threads(first);
  TSAN_RELEASE(&tsan_start_);
  do {
    run_until_all_wait();
  } while (pass_barrier());
  TSAN_ACQUIRE(&tsan_finish_);
}

TSAN_HIDDEN void BlockScheduler::prepare_threads(int first) {
  const Launch& launch = call_->launch;
  const dim3 block_index = index_at(block_, launch.grid);
  thread_count_ = launch.block.x * launch.block.y * launch.block.z;
  barriers_passed_ = 0;
  reserve_threads(thread_count_);
  order_.resize(thread_count_);
  for (int rank = 0; rank < thread_count_; ++rank) {
    CudaThread& thread = *threads_[rank];
    order_[rank] = thread.rank = rank;
    thread.indices = {index_at(rank, launch.block), block_index, launch.block, launch.grid};
    // Only the thread that comes out of the plain loops is under way already.
    if (rank >= first && thread.state == State::kDone) start(thread);
  }
  if (strict_order_seed_) {
    shuffle(order_, *strict_order_seed_ + unsigned(block_) * 2654435761u);
    if (dynamic_shared_) std::memset(dynamic_shared_.get(), 0xff, dynamic_shared_bytes_);  // NaN
  }
}

// Resumes the threads in turn, until each has returned, or waits at a barrier or for lanes that cannot come.
TSAN_HIDDEN void BlockScheduler::run_until_all_wait() {
  for (bool progress = true; progress;) {
    progress = false;
    for (int rank : order_) {
      if (threads_[rank]->state != State::kReady) continue;
      resume(*threads_[rank]);
      progress = true;
    }
    for (int rank = 0; rank < thread_count_; rank += kWarpSize) progress |= complete_operations(warp_from(rank));
  }
  for (int rank = 0; rank < thread_count_; rank += kWarpSize) check_not_divergent(warp_from(rank));
}

// Frees the threads if all of them wait at the same barrier; false if all have returned. Legal on a GPU since Volta,
// but an error here on purpose: a barrier that some threads have returned before.
TSAN_HIDDEN bool BlockScheduler::pass_barrier() {
  const CudaThread *done = nullptr, *waiting = nullptr;
  for (int rank = 0; rank < thread_count_; ++rank) {
    const CudaThread& thread = *threads_[rank];
    if (thread.state == State::kDone) {
      if (!done) done = &thread;
    } else if (!waiting) {
      waiting = &thread;
    } else if (waiting->line != thread.line || waiting->file != thread.file) {
      throw Misuse("the threads of a block wait at different barriers:\n  " + describe(*waiting) + "\n  " +
                   describe(thread));
    }
  }
  if (!waiting) return false;
  if (done) {
    throw Misuse("a barrier was reached by only some threads of the block:\n  " + describe(*waiting) + "\n  " +
                 describe(*done));
  }
  ++barriers_passed_;
  for (int rank = 0; rank < thread_count_; ++rank) threads_[rank]->state = State::kReady;
  return true;
}

TSAN_HIDDEN void BlockScheduler::start(CudaThread& thread) {
  thread.fiber.start(&fiber_entry, thread.rank);
  thread.state = State::kReady;
}

// An exception that leaves a kernel ends the program, as a trap would on the GPU.
TSAN_HIDDEN void BlockScheduler::fiber_entry() noexcept {
  BlockScheduler& self = *scheduler;
  CudaThread& thread = *self.current_;
  Fiber::entered_from(self.own_);
  TSAN_ACQUIRE(&self.tsan_start_);
  if (&thread == self.loop_.get()) {
    self.call_->run_blocks(self.call_->arguments, self.loop_begin_, self.loop_end_);
  } else {
    self.call_->run_thread(self.call_->arguments);
  }
  TSAN_RELEASE(&self.tsan_finish_);
  thread.state = State::kDone;
  Fiber::finish(thread.fiber, self.own_);
}

TSAN_HIDDEN void BlockScheduler::barrier(const char* file, int line) {
  char* here = &tsan_barrier_[barriers_passed_ % 2];
  TSAN_RELEASE(here);
  suspend(State::kAtBarrier, file, line);
  TSAN_ACQUIRE(here);
}

TSAN_HIDDEN uint64_t BlockScheduler::warp(WarpOperation operation, unsigned mask, uint64_t value, int source_lane,
                                          const char* file, int line) {
  CudaThread& thread = *current_;
  thread.operation = operation;
  thread.mask = mask;
  thread.value = value;
  thread.source_lane = source_lane;
  if (operation == WarpOperation::kSync) TSAN_RELEASE(&thread);
  suspend(State::kAtWarpOperation, file, line);
#if defined(__SANITIZE_THREAD__)
  if (operation == WarpOperation::kSync) {
    for (const auto& lane : warp_from(thread.rank - thread.rank % kWarpSize)) {
      if (mask >> (lane->rank % kWarpSize) & 1) TSAN_ACQUIRE(lane.get());
    }
  }
#endif
  return thread.value;
}

TSAN_HIDDEN Warp BlockScheduler::warp_from(int rank) const {
  return Warp(threads_).subspan(rank, std::min(kWarpSize, thread_count_ - rank));
}

void BlockScheduler::reserve_threads(int count) {
  while (int(threads_.size()) < count) threads_.push_back(std::make_unique<CudaThread>());
}

// After an error, when fibers are suspended in the middle of a kernel.
void BlockScheduler::abandon_threads() {
  for (const auto& thread : threads_) {
    thread->fiber.abandon();
    thread->state = State::kDone;
  }
  TSAN_ACQUIRE(&tsan_finish_);
}

// Of exactly the size asked for, so that AddressSanitizer sees an access past the end.
void BlockScheduler::resize_dynamic_shared(size_t bytes) {
  if (bytes == dynamic_shared_bytes_) return;
  dynamic_shared_.reset(bytes ? static_cast<std::byte*>(::operator new(bytes, kSharedAlignment)) : nullptr);
  dynamic_shared_bytes_ = bytes;
}

void BlockScheduler::FreeShared::operator()(std::byte* bytes) const { ::operator delete(bytes, kSharedAlignment); }

// --- the functions of runtime.h

void barrier(const char* file, int line) { scheduler->barrier(file, line); }

uint64_t warp(WarpOperation operation, unsigned mask, uint64_t value, int source_lane, const char* file, int line) {
  return scheduler->warp(operation, mask, value, source_lane, file, line);
}

void* dynamic_shared() { return scheduler->dynamic_shared(); }

TSAN_HIDDEN Indices& current_indices() {
  static thread_local Indices outside_of_kernels;
  CudaThread* thread = scheduler ? scheduler->current() : nullptr;
  return thread ? thread->indices : outside_of_kernels;
}

}  // namespace tandem::host
