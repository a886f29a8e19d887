#include "apps/flat_start.h"

#include <cmath>
#include <vector>

#include "engine/report/numbers.h"

namespace tandem {
namespace {

constexpr long kFirstSteps = 200;

// Layers with biases whose outputs a ReLU takes (after pools and normalisation at most), with biases of 0 or less; none
// if any starts above 0.
std::vector<std::string> layers_without_bias(const NetOutline& plan) {
  std::vector<std::string> without;
  const PlannedLayer* learned = nullptr;
  for (const PlannedLayer& layer : plan.layers) {
    if (!layer.parameters.empty()) learned = &layer;
    if (layer.type != "relu" || learned == nullptr) continue;
    for (const ParameterSpec& spec : learned->parameters) {
      if (!spec.is_bias()) continue;
      if (spec.initializer.kind == Initializer::Kind::constant && spec.initializer.value > 0) return {};
      without.push_back(learned->name);
    }
    learned = nullptr;
  }
  return without;
}

std::string remedy(const NetOutline& plan) {
  const std::vector<std::string> layers = layers_without_bias(plan);
  if (layers.empty()) return "";
  const std::string& last = layers.back();
  return " A ReLU learns nothing while its input is negative: the 2012 paper starts the biases of conv2, conv4, conv5 "
         "and of the hidden fully-connected layers at 1, Caffe's copy at 0.1. Here they do not start above 0; --set " +
         last + ".init.bias=1 sets those of " + last + ".";
}

}  // namespace

FlatStart::FlatStart(const NetOutline& plan) : guessing_(std::log(double(plan.classes))), remedy_(remedy(plan)) {}

std::optional<std::string> FlatStart::note(long step, double loss) {
  if (step <= kFirstSteps / 2 || step > kFirstSteps) return {};
  sum_ += loss;
  ++count_;
  const double mean = sum_ / double(count_);
  if (step < kFirstSteps || mean < 0.99 * guessing_ || mean > 1.05 * guessing_) return {};
  return "Note: after " + grouped(kFirstSteps) + " steps the loss is " + fixed(mean, 3) + ", that of guessing (" +
         fixed(guessing_, 3) + "): the run starts flat. It may get away by itself." + remedy_;
}

}  // namespace tandem
