// The one pool of threads that the whole program computes on: tiles of a layer, and the blocks of a kernel on the host.
#pragma once
#include <atomic>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

namespace tandem::host {

class ThreadPool {
 public:
  // threads counts the caller of parallel_for; at least 1, or std::invalid_argument.
  explicit ThreadPool(int threads);
  ~ThreadPool();
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;

  int threads() const { return static_cast<int>(workers_.size()) + 1; }

  // Calls body(index, worker) once for every index in [0, count), indices in increasing order to whichever worker is
  // free, and returns when all are done. The caller is worker 0. No two calls run at once under the same worker number.
  // When bodies throw, no further index is started and the exception of the lowest index is rethrown: which one that
  // is does not depend on the number of threads.
  // Called from inside a body of this pool, it runs in the calling worker alone. Calls from other threads take turns.
  void parallel_for(long count, const std::function<void(long index, int worker)>& body);

  // For tests of kernels, between launches: every CUDA thread of a kernel launched on this pool becomes a fiber, the
  // threads of a block run in an order shuffled by the seed, and dynamic shared memory starts as NaN. A correct kernel
  // gives the same bits for every seed. std::nullopt ends it.
  void set_strict(std::optional<unsigned> order_seed) { strict_order_seed_ = order_seed; }
  std::optional<unsigned> strict_order_seed() const { return strict_order_seed_; }

 private:
  struct Job;

  void work(int worker);
  void work_on(Job& job, int worker);

  std::mutex callers_;  // held for a whole parallel_for

  std::mutex
      mutex_;  // guards job_ and stopping_, and the changes of generation_ and active_ that someone may sleep for
  std::condition_variable job_opened_, workers_left_;
  Job* job_ = nullptr;  // open to workers that have not joined it yet
  bool stopping_ = false;
  std::atomic<unsigned> generation_ = 0;  // changes with every job
  std::atomic<int> active_ = 0;           // workers inside the job, not counting the caller

  std::optional<unsigned> strict_order_seed_;
  std::vector<std::thread> workers_;
};

}  // namespace tandem::host
