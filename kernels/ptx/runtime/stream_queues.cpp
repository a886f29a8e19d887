#include "kernels/ptx/runtime/stream_queues.h"

#include <algorithm>
#include <chrono>

namespace tandem::ptx::runtime {
namespace {

double now() { return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count(); }

bool may_start(const Stream& stream) {
  if (stream.idle()) return false;
  const auto& after = stream.queue.front()->after;
  return std::all_of(after.begin(), after.end(), [](const auto& work) { return work->done; });
}

}  // namespace

Stream* StreamQueues::create(bool blocking) {
  streams_.emplace_back().blocking = blocking;
  return &streams_.back();
}

void StreamQueues::destroy(Stream* stream) {
  stream->destroyed = true;
  streams_.remove_if([](const Stream& each) { return each.destroyed && each.idle(); });
}

bool StreamQueues::knows(const Stream* stream) const {
  return std::any_of(streams_.begin(), streams_.end(),
                     [&](const Stream& each) { return &each == stream && !each.destroyed; });
}

size_t StreamQueues::count() const {
  return size_t(std::count_if(streams_.begin(), streams_.end(), [](const Stream& each) { return !each.destroyed; }));
}

WorkPointer StreamQueues::add(Stream* stream, std::function<void()> action,
                              std::vector<std::shared_ptr<const Work>> after) {
  if (stream == &default_) {
    for (const Stream& other : streams_) {
      if (other.blocking && !other.idle()) after.push_back(other.queue.back());
    }
  } else if (stream->blocking && !default_.idle()) {
    after.push_back(default_.queue.back());
  }
  stream->queue.push_back(std::make_shared<Work>(Work{std::move(action), std::move(after)}));
  return stream->queue.back();
}

std::vector<Stream*> StreamQueues::ready() {
  std::vector<Stream*> ready;
  if (may_start(default_)) ready.push_back(&default_);
  for (Stream& stream : streams_) {
    if (may_start(stream)) ready.push_back(&stream);
  }
  return ready;
}

uint64_t StreamQueues::draw() {
  random_ ^= random_ << 13;
  random_ ^= random_ >> 7;
  random_ ^= random_ << 17;
  return random_ >> 16;
}

bool StreamQueues::run_one() {
  const std::vector<Stream*> candidates = ready();
  if (candidates.empty()) return false;
  Stream* stream = candidates[draws_ ? draw() % candidates.size() : 0];
  const WorkPointer work = stream->queue.front();
  stream->queue.pop_front();
  work->done = true;  // even if it throws: what comes after must not wait for ever
  work->action();
  work->finished_at = now();
  work->after.clear();
  if (stream->destroyed && stream->idle()) destroy(stream);
  return true;
}

void StreamQueues::run_until_done(const Work& work) {
  while (!work.done && run_one()) {
  }
}

void StreamQueues::run_until_idle(const Stream& stream) {
  if (!stream.idle()) run_until_done(*WorkPointer(stream.queue.back()));
}

void StreamQueues::run_all() {
  while (run_one()) {
  }
}

}  // namespace tandem::ptx::runtime
