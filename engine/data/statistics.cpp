#include "engine/data/statistics.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <mutex>

#include "engine/core/processors.h"
#include "kernels/host/thread_pool.h"

namespace tandem {
namespace {

__extension__ using Integer128 = __int128;

// Sums over the images that one thread has read. 2^64 leaves room for 10^9 images of 256 x 256.
class Sums {
 public:
  explicit Sums(const Dataset& dataset)
      : channels_(size_t(dataset.format().channels)),
        classes_(size_t(dataset.classes())),
        image_(size_t(dataset.format().elements())),
        products_(channels_ * channels_),
        pixels_(image_.size()) {}

  void read(const Dataset& dataset, long index) {
    int32_t label = 0;
    dataset.read(index, pixels_.data(), &label);
    ++classes_[size_t(label)];
    for (size_t k = 0; k < pixels_.size(); ++k) image_[k] += pixels_[k];
    add_products();
  }

  void add(const Sums& other) {
    for (size_t k = 0; k < classes_.size(); ++k) classes_[k] += other.classes_[k];
    for (size_t k = 0; k < image_.size(); ++k) image_[k] += other.image_[k];
    for (size_t k = 0; k < products_.size(); ++k) products_[k] += other.products_[k];
  }

  DatasetStatistics statistics(const Dataset& dataset) const {
    DatasetStatistics result;
    result.format = dataset.format();
    result.images = dataset.size();
    result.class_counts = classes_;
    for (const uint64_t sum : image_) result.mean_image.push_back(float(double(sum) / double(dataset.size())));
    std::vector<uint64_t> sums(channels_);
    for (size_t k = 0; k < image_.size(); ++k) sums[k % channels_] += image_[k];
    const uint64_t pixels = uint64_t(dataset.size()) * uint64_t(dataset.format().pixels());
    // Exact until the last division: a small variance beside a large mean keeps its digits.
    const auto covariance = [&](size_t a, size_t b) {
      const Integer128 scaled =
          Integer128(pixels) * products_[a * channels_ + b] - Integer128(sums[a]) * Integer128(sums[b]);
      return double(scaled) / (double(pixels) * double(pixels));
    };
    for (size_t c = 0; c < channels_; ++c) {
      result.channel_means.push_back(double(sums[c]) / double(pixels));
      result.channel_deviations.push_back(std::sqrt(covariance(c, c)));
    }
    if (channels_ == 3) {
      ColourMatrix matrix;
      for (size_t k = 0; k < matrix.size(); ++k) matrix[k] = covariance(std::min(k / 3, k % 3), std::max(k / 3, k % 3));
      result.colour = colour_pca({result.channel_means[0], result.channel_means[1], result.channel_means[2]}, matrix);
    }
    return result;
  }

 private:
  void add_products() {
    for (size_t a = 0; a < channels_; ++a) {
      for (size_t b = a; b < channels_; ++b) {
        uint64_t sum = 0;
        for (size_t k = 0; k < pixels_.size(); k += channels_) sum += uint32_t(pixels_[k + a]) * pixels_[k + b];
        products_[a * channels_ + b] += sum;
      }
    }
  }

  size_t channels_;
  std::vector<long> classes_;
  std::vector<uint64_t> image_;
  std::vector<uint64_t> products_;  // [channels][channels], of which a <= b is kept
  std::vector<uint8_t> pixels_;     // of the image just read
};

}  // namespace

DatasetStatistics measure(const Dataset& dataset, int threads, const std::function<void(long)>& progress) {
  host::ThreadPool pool(threads > 0 ? threads : usable_processors());
  std::vector<Sums> sums(size_t(pool.threads()), Sums(dataset));
  std::mutex mutex;
  long done = 0;
  pool.parallel_for(dataset.size(), [&](long index, int worker) {
    sums[size_t(worker)].read(dataset, index);
    if (!progress) return;
    const std::lock_guard lock(mutex);
    progress(++done);
  });
  for (size_t worker = 1; worker < sums.size(); ++worker) sums[0].add(sums[worker]);
  return sums[0].statistics(dataset);
}

DatasetStatistics statistics_of(const Dataset& dataset) {
  const DatasetStatistics* const stored = dataset.statistics();
  return stored ? *stored : measure(dataset);
}

}  // namespace tandem
