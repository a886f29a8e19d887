#include <catch2/catch.hpp>
#include <cmath>

#include "tests/layers/layer_check.h"

namespace tandem::test {
namespace {

const std::vector<ImageShape> kInput = {{10, 10, 8}};
constexpr int kBatch = 5;
constexpr size_t kElements = kBatch * 800;

LayerCase case_of(const std::string& rule, const std::vector<ImageShape>& inputs = kInput) {
  return {.name = "net.toml",
          .toml = "type = 'dropout'\nkeep = 0.75\nrule = '" + rule + "'",
          .inputs = inputs,
          .batch = kBatch};
}

// Which elements a training pass of these names keeps.
std::vector<bool> mask(uint64_t seed, uint64_t step, uint32_t layer_number) {
  const std::unique_ptr<Device> device = open_cpu_with(1);
  const auto layer = planned(case_of("paper").toml, kInput);
  Array<double> ones(*device, kElements), output(*device, kElements);
  ones.upload(Values(kElements, 1));
  const double* const inputs[] = {ones.data()};
  ForwardPass<double> pass{Pass<double>{.device = *device,
                                        .batch = kBatch,
                                        .training = true,
                                        .seed = seed,
                                        .step = step,
                                        .layer = layer_number,
                                        .inputs = inputs,
                                        .parameters = {}},
                           output.data()};
  layer->forward(pass);
  std::vector<bool> kept;
  for (const double value : output.download()) kept.push_back(value != 0);
  return kept;
}

}  // namespace

TEST_CASE("dropout keeps about its part, scaled by its rule", "[layers]") {
  const std::unique_ptr<Device> device = open_cpu_with(1);
  for (const auto& [rule, scale] : {std::pair<std::string, double>{"paper", 1}, {"inverted", 1 / 0.75}}) {
    LayerRunner<double> runner(case_of(rule), layer_registry<double>(), *device);
    const Values x = random_values(kElements, 1), y = runner.forward({x}, {});
    int kept = 0;
    for (size_t i = 0; i < kElements; ++i) {
      if (y[i] == 0) continue;
      ++kept;
      REQUIRE(y[i] == x[i] * scale);
    }
    // Within four standard deviations of a binomial count.
    CHECK(std::abs(kept - 0.75 * kElements) < 4 * std::sqrt(kElements * 0.75 * 0.25));
  }
}

TEST_CASE("dropout's evaluation multiplies by keep, or copies", "[layers]") {
  const std::unique_ptr<Device> device = open_cpu_with(1);
  for (const auto& [rule, scale] : {std::pair<std::string, double>{"paper", 0.75}, {"inverted", 1}})
    for (const Placement placement : {Placement::separate, Placement::in_place}) {
      LayerRunner<double> runner(case_of(rule), layer_registry<double>(), *device, placement);
      const Values x = random_values(kElements, 1), y = runner.forward({x}, {}, false);
      for (size_t i = 0; i < kElements; ++i) REQUIRE(y[i] == x[i] * scale);
    }
}

TEST_CASE("dropout's gradients go through the mask of the forward pass", "[layers]") {
  for (const std::string rule : {"paper", "inverted"}) {
    const LayerCase layer_case = case_of(rule, {{3, 2, 5}});
    // The mask itself is the kernel's business: the reference takes it from a pass over ones.
    const std::unique_ptr<Device> device = open_cpu_with(1);
    LayerRunner<double> runner(layer_case, layer_registry<double>(), *device);
    const Values factors = runner.forward({Values(kBatch * 30, 1)}, {});
    check_layer(layer_case, [&](const std::vector<Values>& inputs, const std::vector<Values>&) {
      Values y = inputs[0];
      for (size_t i = 0; i < y.size(); ++i) y[i] *= factors[i];
      return y;
    });
  }
}

TEST_CASE("dropout's mask is named by seed, step and layer", "[layers]") {
  const std::vector<bool> first = mask(1, 2, 3);
  CHECK(mask(1, 2, 3) == first);
  CHECK(mask(2, 2, 3) != first);
  CHECK(mask(1, 3, 3) != first);
  CHECK(mask(1, 2, 4) != first);
}

TEST_CASE("dropout refuses what cannot be", "[layers]") {
  const std::string dropout = "type = 'dropout'\n";
  for (const std::string keep : {"0", "-0.5", "1.5"})
    check_refused(dropout + "rule = 'paper'\nkeep = " + keep, kInput, {"'keep'", "more than 0 and at most 1"});
  check_refused(dropout + "rule = 'half'\nkeep = 0.5", kInput, {"'rule'", "'half'"});
  check_refused(dropout + "keep = 0.5", kInput, {"rule", "missing"});
}

}  // namespace tandem::test
