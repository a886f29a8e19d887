// What the machine gives at best, measured beside the kernels, round by round: whatever else it does meets both.
#pragma once
#include <functional>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "engine/device/tensor.h"
#include "engine/net/precision.h"

namespace tandem {

// What the caches hold when something begins.
enum class Cache {
  hot,   // what the same left there, which has just run
  cold,  // other memory, kFilledBytes of it
};

class CacheState {
 public:
  static constexpr size_t kFilledBytes = size_t{256} << 20;

  explicit CacheState(Device& device) : device_(device) {}
  // To be called before the `work` that counts.
  void prepare(Cache cache, const std::function<void()>& work);

 private:
  Device& device_;
  Array<float> other_;
};

class Limits {
 public:
  Limits(Device& device, CacheState& caches) : device_(device), caches_(caches) {}

  // From now on measured in each round: a copy that moves (reads and writes) about so many bytes, by the whole device;
  // GEMM.
  void want_copy(double bytes, Cache cache);
  void want_gemm(Precision precision) { gemm_wanted_ = precision; }

  void measure();  // once a round

  // Medians of the rounds, in bytes moved and operations a second; 0 where it was not measured.
  double copy(double bytes, Cache cache) const;
  double gemm() const;

 private:
  struct Copy {
    Array<std::byte> from, to;
    std::vector<double> rates;
  };
  using Kind = std::pair<size_t, Cache>;  // bytes
  static Kind kind(double bytes, Cache cache);
  double measure_copy(Copy& copy, Cache cache);

  Device& device_;
  CacheState& caches_;
  std::map<Kind, Copy> copies_;
  std::optional<Precision> gemm_wanted_;
  std::vector<double> gemm_rates_;
};

}  // namespace tandem
