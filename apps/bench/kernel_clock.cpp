#include "apps/bench/kernel_clock.h"

#include <algorithm>
#include <utility>

namespace tandem {

void KernelClock::start(Device& device, std::function<void()> prepare) {
  times_.clear();
  prepare_ = std::move(prepare);
  device_ = &device;
}

std::vector<KernelTime> KernelClock::stop() {
  device_ = nullptr;
  return std::move(times_);
}

void KernelClock::before(const KernelCall& call) {
  if (device_ == nullptr) return;
  if (prepare_ && !call.in_tile) {
    Device* const device = std::exchange(device_, nullptr);  // the preparation's own calls are not to be told
    prepare_();
    device_ = device;
  }
  device_->synchronize();
  const std::lock_guard lock(mutex_);
  begun_[std::this_thread::get_id()] = Clock::now();
}

void KernelClock::after(const KernelCall& call) {
  if (device_ == nullptr) return;
  device_->synchronize();
  const Clock::time_point end = Clock::now();
  const std::lock_guard lock(mutex_);
  const double took = std::chrono::duration<double>(end - begun_[std::this_thread::get_id()]).count();
  const double side_by_side = call.in_tile ? double(device_->threads()) : 1;
  auto found =
      std::find_if(times_.begin(), times_.end(), [&](const KernelTime& time) { return time.kernel == call.name; });
  if (found == times_.end()) found = times_.insert(found, KernelTime{.kernel = call.name});
  const auto bytes = double(call.bytes_read + call.bytes_written);
  ++found->calls;
  found->seconds += took / side_by_side;
  found->bytes += bytes;
  found->flops += 2 * double(call.multiply_adds);
  found->in_tile |= call.in_tile;
  found->bytes_at_once = std::max(found->bytes_at_once, bytes * side_by_side);
}

}  // namespace tandem
