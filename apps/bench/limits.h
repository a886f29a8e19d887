// What the machine gives at best, measured beside the kernels, round by round: whatever else it does meets both.
#pragma once
#include <functional>
#include <map>
#include <vector>

#include "engine/device/tensor.h"

namespace tandem {

// What the caches hold when a pass begins.
enum class Cache {
  hot,   // what the same pass left there, which has just run
  cold,  // other memory, kFilledBytes of it
};

class CacheState {
 public:
  static constexpr size_t kFilledBytes = size_t{256} << 20;

  CacheState(Device& device, Cache cache);
  Cache cache() const { return cache_; }
  void prepare(const std::function<void()>& pass);  // to be called before the pass that counts

 private:
  Device& device_;
  const Cache cache_;
  Array<float> other_;
};

class Limits {
 public:
  Limits(Device& device, CacheState& state) : device_(device), state_(state) {}

  // From now on measured in each round: a copy that moves (reads and writes) about so many bytes, by the whole device;
  // GEMM.
  void want_copy(double bytes);
  void want_gemm() { gemm_wanted_ = true; }

  void measure();  // once a round

  // Medians of the rounds, in bytes moved and operations a second; 0 where it was not measured.
  double copy(double bytes) const;
  double gemm() const;

 private:
  struct Copy {
    Array<std::byte> from, to;
    std::vector<double> rates;
  };
  static size_t size_class(double bytes);
  double measure_copy(Copy& copy);

  Device& device_;
  CacheState& state_;
  std::map<size_t, Copy> copies_;
  bool gemm_wanted_ = false;
  std::vector<double> gemm_rates_;
};

}  // namespace tandem
