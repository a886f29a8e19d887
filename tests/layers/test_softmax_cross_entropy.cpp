#include <catch2/catch.hpp>
#include <cmath>

#include "tests/layers/layer_check.h"

namespace tandem::test {
namespace {

constexpr int kBatch = 5, kClasses = 7;

LayerCase loss_case() {
  return {.name = "net.toml",
          .toml = "type = 'softmax-cross-entropy'",
          .inputs = {{1, 1, kClasses}},
          .batch = kBatch,
          .classes = kClasses};
}

Values softmax(const Values& logits) {
  Values probabilities;
  for (int n = 0; n < kBatch; ++n) {
    double sum = 0;
    for (int c = 0; c < kClasses; ++c) sum += std::exp(logits[n * kClasses + c]);
    for (int c = 0; c < kClasses; ++c) probabilities.push_back(std::exp(logits[n * kClasses + c]) / sum);
  }
  return probabilities;
}

}  // namespace

TEST_CASE("softmax-cross-entropy equals -log softmax and its gradients equal differences", "[layers]") {
  check_layer(loss_case(), [](const std::vector<Values>& inputs, const std::vector<Values>&) {
    const Values probabilities = softmax(inputs[0]);
    Values losses;
    for (int n = 0; n < kBatch; ++n) losses.push_back(-std::log(probabilities[n * kClasses + n % kClasses]));
    return losses;
  });
}

TEST_CASE("softmax-cross-entropy keeps probabilities and ranks", "[layers]") {
  const std::unique_ptr<Device> device = open_cpu_with(1);
  LayerRunner<double> runner(loss_case(), layer_registry<double>(), *device);
  // Image n: its logits are 0, 1, ... 6, so that label l has 6 - l classes ahead.
  Values logits;
  for (int i = 0; i < kBatch * kClasses; ++i) logits.push_back(i % kClasses);
  runner.set_labels({6, 5, 0, 3, 1});
  runner.forward({logits}, {}, false);
  CHECK(l2_distance(runner.probabilities(), softmax(logits)) < 1e-15);
  CHECK(runner.ranks() == Values{0, 1, 6, 3, 5});
}

TEST_CASE("softmax-cross-entropy refuses what cannot be", "[layers]") {
  check_refused("type = 'softmax-cross-entropy'", {{2, 1, 5}}, {"1x1xclasses", "2x1x5"});
  check_refused("type = 'softmax-cross-entropy'", {{1, 1, 5}, {1, 1, 5}}, {"one input"});
  check_refused("type = 'softmax-cross-entropy'\nclasses = 5", {{1, 1, 5}}, {"classes"});
}

}  // namespace tandem::test
