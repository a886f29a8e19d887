#include "engine/train/net_statistics.h"

#include <algorithm>
#include <numeric>

namespace tandem {
namespace {

bool is_relu(const PlannedLayer& layer) { return layer.type == "relu"; }

size_t widest_relu(const NetOutline& plan) {
  int channels = 1;
  for (const PlannedLayer& layer : plan.layers)
    if (is_relu(layer)) channels = std::max(channels, layer.output.channels);
  return size_t(channels);
}

}  // namespace

size_t StatisticsMeter::memory_use(const NetOutline& plan) {
  return ((kColumnSumParts + 1) * widest_relu(plan) + kMagnitudeParts) * sizeof(float);
}

StatisticsMeter::StatisticsMeter(AnyNet<float>& net)
    : net_(net),
      partial_(net.device(), kColumnSumParts * widest_relu(net.plan())),
      sums_(net.device(), widest_relu(net.plan())),
      magnitudes_(net.device(), kMagnitudeParts) {}

void StatisticsMeter::begin() {
  relus_.clear();
  net_.watch([this](int layer) {  // later the next layer may have run in its place
    if (is_relu(net_.plan().layers[layer])) look_at(layer);
  });
}

// Outputs of a ReLU are not negative, so a channel's sum is 0 where all of it is.
void StatisticsMeter::look_at(int layer) {
  const PlannedLayer& relu = net_.plan().layers[layer];
  const int channels = relu.output.channels;
  net_.sum_channels(layer, partial_.data(), sums_.data());
  std::vector<float> sums(channels);
  net_.device().download(sums.data(), sums_.data(), sums.size() * sizeof(float));
  relus_.push_back({relu.name, double(std::count(sums.begin(), sums.end(), 0.0F)) / channels});
}

double StatisticsMeter::mean_magnitude(const float* values, size_t n) const {
  Device& device = net_.device();
  device.kernels<float>().magnitude_sums(device.stream(), values, n, magnitudes_.data());
  const std::vector<float> parts = magnitudes_.download();
  return std::accumulate(parts.begin(), parts.end(), 0.0) / double(n);
}

NetStatistics StatisticsMeter::finish() {
  net_.watch({});
  NetStatistics statistics{.parameters = {}, .relus = relus_};
  for (const Parameter<float>& parameter : net_.parameters())
    statistics.parameters.push_back({parameter.name, mean_magnitude(parameter.value, parameter.elements()),
                                     mean_magnitude(parameter.momentum, parameter.elements())});
  return statistics;
}

}  // namespace tandem
