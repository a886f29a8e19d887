#include "kernels/host/thread_pool.h"

#include <csignal>
#include <exception>
#include <stdexcept>
#include <string>
#include <utility>

namespace tandem::host {
namespace {

// The pool that this thread is working for at the moment, and as which of its workers.
struct Position {
  const ThreadPool* pool = nullptr;
  int worker = 0;
};
thread_local Position position;

class WorkingFor {
 public:
  explicit WorkingFor(Position now) : before_(std::exchange(position, now)) {}
  ~WorkingFor() { position = before_; }
  WorkingFor(const WorkingFor&) = delete;

 private:
  Position before_;
};

// Signals are the caller's: a thread that is started while this exists gets none.
class SignalsBlocked {
 public:
  SignalsBlocked() {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before_);
  }
  ~SignalsBlocked() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  SignalsBlocked(const SignalsBlocked&) = delete;
  SignalsBlocked& operator=(const SignalsBlocked&) = delete;

 private:
  sigset_t before_;
};

// Kernels follow each other within microseconds, and waking a sleeping thread takes tens of them. So a thread looks
// around for about that long before it sleeps.
template <class Condition>
void spin_until(Condition condition) {
  constexpr int kTries = 1000;
  for (int i = 0; i < kTries && !condition(); ++i) {
#if defined(__x86_64__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    asm volatile("yield");
#endif
  }
}

}  // namespace

// One parallel_for. It lives in its caller's frame, who leaves only when no worker is in it.
struct ThreadPool::Job {
  const std::function<void(long, int)>& body;
  const long count;
  std::atomic<long> next = 0;

  std::mutex error_mutex = {};
  std::exception_ptr error = nullptr;
  long error_index = 0;
};

ThreadPool::ThreadPool(int threads) {
  if (threads < 1) throw std::invalid_argument("a thread pool needs at least 1 thread, not " + std::to_string(threads));
  workers_.reserve(static_cast<size_t>(threads) - 1);
  const SignalsBlocked in_workers;
  for (int worker = 1; worker < threads; ++worker) workers_.emplace_back([this, worker] { work(worker); });
}

ThreadPool::~ThreadPool() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
    ++generation_;
  }
  job_opened_.notify_all();
  for (std::thread& worker : workers_) worker.join();
}

void ThreadPool::parallel_for(long count, const std::function<void(long, int)>& body) {
  if (position.pool == this) {
    for (long i = 0; i < count; ++i) body(i, position.worker);
    return;
  }
  std::lock_guard turn(callers_);
  const WorkingFor here({this, 0});
  Job job{body, count};
  const bool share = count > 1 && !workers_.empty();
  if (share) {
    {
      std::lock_guard lock(mutex_);
      job_ = &job;
      ++generation_;
    }
    job_opened_.notify_all();
  }
  work_on(job, 0);
  if (share) {  // who has not joined by now is not waited for
    std::unique_lock lock(mutex_);
    job_ = nullptr;
    lock.unlock();
    spin_until([this] { return active_ == 0; });
    lock.lock();
    workers_left_.wait(lock, [this] { return active_ == 0; });
  }
  if (job.error) std::rethrow_exception(job.error);
}

void ThreadPool::work(int worker) {
  const WorkingFor here({this, worker});
  unsigned seen = 0;
  for (;;) {
    spin_until([&] { return generation_ != seen; });
    std::unique_lock lock(mutex_);
    job_opened_.wait(lock, [&] { return generation_ != seen; });
    seen = generation_;
    if (stopping_) return;
    if (!job_) continue;  // this one went by without us
    Job& job = *job_;
    ++active_;
    lock.unlock();
    work_on(job, worker);
    if (--active_ == 0) {
      lock.lock();
      workers_left_.notify_one();
    }
  }
}

void ThreadPool::work_on(Job& job, int worker) {
  for (long i; (i = job.next.fetch_add(1)) < job.count;) {
    try {
      job.body(i, worker);
    } catch (...) {
      std::lock_guard lock(job.error_mutex);
      // Every lower index was handed out before this one and will still be finished: so the lowest always wins.
      if (!job.error || i < job.error_index) {
        job.error = std::current_exception();
        job.error_index = i;
      }
      job.next = job.count;
    }
  }
}

}  // namespace tandem::host
