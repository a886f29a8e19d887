// Queued work and what must happen before it.
#pragma once
#include <cstdint>
#include <deque>
#include <functional>
#include <list>
#include <memory>
#include <vector>

namespace tandem::ptx::runtime {

// Something on a stream: a copy, a launch, the recording of an event.
struct Work {
  std::function<void()> action;
  std::vector<std::shared_ptr<const Work>> after;  // besides what is before it on its stream
  bool done = false;
  double finished_at = 0;  // seconds
};
using WorkPointer = std::shared_ptr<Work>;

struct Stream {
  bool blocking = true;  // takes turns with the default stream
  bool destroyed = false;
  std::deque<WorkPointer> queue;
  bool idle() const { return queue.empty(); }
};

class StreamQueues {
 public:
  Stream* create(bool blocking);
  void destroy(Stream* stream);  // what is queued still runs
  bool knows(const Stream* stream) const;
  size_t count() const;  // without the default stream

  Stream* default_stream() { return &default_; }

  // Queues an action. A legacy default stream waits for all blocking streams, and they for it.
  WorkPointer add(Stream* stream, std::function<void()> action, std::vector<std::shared_ptr<const Work>> after = {});

  void run_until_done(const Work& work);
  void run_until_idle(const Stream& stream);
  void run_all();
  bool run_one();  // a piece of work that may come next, by the seed; false if there is none

  // 0: no drawing, the stream created first comes first.
  void set_seed(uint64_t seed) {
    draws_ = seed != 0;
    random_ = seed * 0x9E3779B97F4A7C15 | 1;
  }

 private:
  std::vector<Stream*> ready();
  uint64_t draw();

  Stream default_;
  std::list<Stream> streams_;
  bool draws_ = true;
  uint64_t random_ = 1;
};

}  // namespace tandem::ptx::runtime
