#include "apps/bench/limits.h"

#include <algorithm>
#include <bit>

#include "apps/bench/stopwatch.h"
#include "engine/report/numbers.h"

namespace tandem {
namespace {

constexpr double kGemmSeconds = 0.05;
constexpr size_t kSmallestCopy = size_t{64} << 10, kLargestCopy = size_t{512} << 20;
constexpr size_t kBytesARound = size_t{16} << 20;  // small hot copies are repeated until they have moved so many

}  // namespace

CacheState::CacheState(Device& device, Cache cache) : device_(device), cache_(cache) {
  if (cache == Cache::cold) other_ = Array<float>(device, kFilledBytes / sizeof(float));
}

void CacheState::prepare(const std::function<void()>& pass) {
  if (cache_ == Cache::hot) {
    pass();
  } else {
    device_.kernels<float>().fill(device_.stream(), other_.data(), other_.size(), 1);
  }
  device_.synchronize();
}

// The next power of two: rows of like size share a measurement.
size_t Limits::size_class(double bytes) {
  return std::bit_ceil(size_t(std::clamp(bytes, double(kSmallestCopy), double(kLargestCopy))));
}

void Limits::want_copy(double bytes) {
  Copy& copy = copies_[size_class(bytes)];
  if (copy.from.size() > 0) return;
  for (Array<std::byte>* array : {&copy.from, &copy.to}) {
    *array = Array<std::byte>(device_, size_class(bytes) / 2);
    device_.kernels<float>().fill(device_.stream(), reinterpret_cast<float*>(array->data()),
                                  array->size() / sizeof(float), 1);
  }
}

double Limits::measure_copy(Copy& copy) {
  const auto pass = [&] {
    device_.copy(copy.to.data(), copy.from.data(), copy.from.size());
    device_.synchronize();
  };
  const size_t moved = 2 * copy.from.size();
  const size_t times = state_.cache() == Cache::cold ? 1 : std::max<size_t>(1, kBytesARound / moved);
  double seconds = 0;
  for (size_t i = 0; i < times; ++i) {
    state_.prepare(pass);
    seconds += seconds_of(pass);
  }
  return double(moved) * double(times) / std::max(seconds, 1e-9);
}

void Limits::measure() {
  for (auto& [bytes, copy] : copies_) copy.rates.push_back(measure_copy(copy));
  if (gemm_wanted_) gemm_rates_.push_back(1e9 * measure_gemm_rate(device_, kGemmSeconds));
}

double Limits::copy(double bytes) const {
  const auto found = copies_.find(size_class(bytes));
  return found == copies_.end() || found->second.rates.empty() ? 0 : median(found->second.rates);
}

double Limits::gemm() const { return gemm_rates_.empty() ? 0 : median(gemm_rates_); }

}  // namespace tandem
