#include "engine/data/summary.h"

#include <algorithm>
#include <cmath>

namespace tandem {

DataSummary summarise(const Dataset& dataset) {
  DataSummary summary{dataset.size(), dataset.format(), std::vector<long>(size_t(dataset.classes())), {}, {}};
  const size_t channels = size_t(summary.format.channels);
  std::vector<uint8_t> pixels(size_t(summary.format.elements()));
  std::vector<uint64_t> sums(channels), squares(channels);
  for (long i = 0; i < dataset.size(); ++i) {
    int32_t label = 0;
    dataset.read(i, pixels.data(), &label);
    ++summary.class_counts[size_t(label)];
    for (size_t k = 0; k < pixels.size(); ++k) {
      sums[k % channels] += pixels[k];
      squares[k % channels] += uint64_t(pixels[k]) * pixels[k];
    }
  }
  const double samples = double(dataset.size()) * double(summary.format.pixels());
  for (size_t c = 0; c < channels; ++c) {
    const double mean = double(sums[c]) / samples;
    summary.channel_means.push_back(mean);
    summary.channel_deviations.push_back(std::sqrt(std::max(0.0, double(squares[c]) / samples - mean * mean)));
  }
  return summary;
}

}  // namespace tandem
