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

void CacheState::prepare(Cache cache, const std::function<void()>& work) {
  if (cache == Cache::hot) {
    work();
  } else {
    if (other_.size() == 0) other_ = Array<float>(device_, kFilledBytes / sizeof(float));
    device_.kernels<float>().fill(device_.stream(), other_.data(), other_.size(), 1);
  }
  device_.synchronize();
}

// The next power of two: rows of like size share a measurement.
Limits::Kind Limits::kind(double bytes, Cache cache) {
  return {std::bit_ceil(size_t(std::clamp(bytes, double(kSmallestCopy), double(kLargestCopy)))), cache};
}

void Limits::want_copy(double bytes, Cache cache) {
  const Kind wanted = kind(bytes, cache);
  Copy& copy = copies_[wanted];
  if (copy.from.size() > 0) return;
  for (Array<std::byte>* array : {&copy.from, &copy.to}) {
    *array = Array<std::byte>(device_, wanted.first / 2);
    device_.kernels<float>().fill(device_.stream(), reinterpret_cast<float*>(array->data()),
                                  array->size() / sizeof(float), 1);
  }
}

double Limits::measure_copy(Copy& copy, Cache cache) {
  const auto work = [&] {
    device_.copy(copy.to.data(), copy.from.data(), copy.from.size());
    device_.synchronize();
  };
  const size_t moved = 2 * copy.from.size();
  const size_t times = cache == Cache::cold ? 1 : std::max<size_t>(1, kBytesARound / moved);
  double seconds = 0;
  for (size_t i = 0; i < times; ++i) {
    caches_.prepare(cache, work);
    seconds += seconds_of(work);
  }
  return double(moved) * double(times) / std::max(seconds, 1e-9);
}

void Limits::measure() {
  for (auto& [kind, copy] : copies_) copy.rates.push_back(measure_copy(copy, kind.second));
  if (!gemm_wanted_) return;
  const auto rate = *gemm_wanted_ == Precision::bf16 ? measure_gemm_rate<bf16> : measure_gemm_rate<float>;
  gemm_rates_.push_back(1e9 * rate(device_, kGemmSeconds));
}

double Limits::copy(double bytes, Cache cache) const {
  const auto found = copies_.find(kind(bytes, cache));
  return found == copies_.end() || found->second.rates.empty() ? 0 : median(found->second.rates);
}

double Limits::gemm() const { return gemm_rates_.empty() ? 0 : median(gemm_rates_); }

}  // namespace tandem
