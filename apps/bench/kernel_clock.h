// Takes the time of every kernel and every GEMM that runs on an observed device.
#pragma once
#include <chrono>
#include <functional>
#include <map>
#include <mutex>
#include <thread>
#include <vector>

#include "engine/device/observed_device.h"

namespace tandem {

// All calls of one kernel between start and stop.
struct KernelTime {
  std::string kernel;
  int calls = 0;
  double seconds = 0;  // those of all threads together, over their number: idle ones do not count
  double bytes = 0, flops = 0;
  double bytes_at_once = 0;  // of the largest call, times how many run side by side
  bool in_tile = false;      // whether any ran on a lane: what it works on stays in cache from call to call
};

class KernelClock final : public KernelObserver {
 public:
  // To be called between passes. A device that works on its own (a GPU) is waited for around each call. `prepare` runs
  // before each call of the whole device, and counts for nothing.
  void start(Device& device, std::function<void()> prepare = {});
  std::vector<KernelTime> stop();  // in the order of first calls; what follows does not count

  void before(const KernelCall& call) override;
  void after(const KernelCall& call) override;

 private:
  using Clock = std::chrono::steady_clock;

  Device* device_ = nullptr;  // while it runs
  std::function<void()> prepare_;
  std::mutex mutex_;  // guards what follows: tiles run on several threads
  std::map<std::thread::id, Clock::time_point> begun_;
  std::vector<KernelTime> times_;
};

}  // namespace tandem
