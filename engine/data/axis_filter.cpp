#include "engine/data/axis_filter.h"

#include <algorithm>
#include <cmath>

namespace tandem {

AxisFilter linear_filter(int in, int out) {
  const double ratio = double(in) / out;
  const double radius = std::max(1.0, ratio);
  AxisFilter filter;
  // No more samples than this lie strictly inside a triangle's base; copying needs but one.
  filter.taps = in == out ? 1 : std::min(in, int(std::ceil(2 * radius)));
  std::vector<double> weights(size_t(filter.taps));
  for (int o = 0; o < out; ++o) {
    const double centre = (o + 0.5) * ratio;
    // The first sample inside the base, or earlier where the taps would run over the end; those outside weigh 0.
    const int first = std::clamp(int(std::floor(centre - radius + 0.5)), 0, in - filter.taps);
    double sum = 0;
    for (int t = 0; t < filter.taps; ++t) {
      weights[size_t(t)] = std::max(0.0, 1 - std::abs(first + t + 0.5 - centre) / radius);
      sum += weights[size_t(t)];
    }
    filter.first.push_back(first);
    for (const double weight : weights) filter.weights.push_back(float(weight / sum));
  }
  return filter;
}

std::vector<float> resample(const std::vector<float>& image, int width, int channels, const AxisFilter& rows,
                            const AxisFilter& columns) {
  std::vector<float> resampled;
  for (int h = 0; h < rows.outputs(); ++h) {
    for (int w = 0; w < columns.outputs(); ++w) {
      for (int c = 0; c < channels; ++c) {
        double sum = 0;
        for (int i = 0; i < rows.taps; ++i) {
          for (int j = 0; j < columns.taps; ++j) {
            const float row_weight = rows.weights[size_t(h * rows.taps + i)];
            const float column_weight = columns.weights[size_t(w * columns.taps + j)];
            const size_t pixel = size_t(rows.first[h] + i) * width + columns.first[w] + j;
            sum += double(row_weight) * column_weight * image[pixel * channels + c];
          }
        }
        resampled.push_back(float(sum));
      }
    }
  }
  return resampled;
}

}  // namespace tandem
