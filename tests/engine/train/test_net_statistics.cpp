// Tests engine/train/net_statistics against what the host adds up from a net that shares no memory.
#include "engine/train/net_statistics.h"

#include <catch2/catch.hpp>
#include <cmath>

#include "engine/train/sgd.h"
#include "tests/engine/train/toy.h"

using namespace tandem;

namespace {

double mean_magnitude(const std::vector<float>& values) {
  double sum = 0;
  for (const float value : values) sum += std::abs(double(value));
  return sum / double(values.size());
}

// Share of channels of [rows][channels] that are 0 in every row.
double dead_share(const std::vector<float>& values, size_t channels) {
  size_t dead = 0;
  for (size_t c = 0; c < channels; ++c) {
    bool alive = false;
    for (size_t i = c; i < values.size(); i += channels) alive = alive || values[i] != 0;
    dead += !alive;
  }
  return double(dead) / double(channels);
}

// Biases so low that units die: of conv1's channels one in two, of fc3's three in four.
void kill_units(Net<float>& net) {
  for (const Parameter<float>& parameter : net.parameters()) {
    const size_t every = parameter.name == "conv1.biases" ? 2 : parameter.name == "fc3.biases" ? 4 : 0;
    if (every == 0) continue;
    std::vector<float> biases(parameter.elements(), every == 2 ? 0.0F : -1e6F);
    for (size_t i = 0; i < biases.size(); i += every) biases[i] = every == 2 ? -1e6F : 0.1F;
    net.device().upload(parameter.value, biases.data(), biases.size() * sizeof(float));
  }
}

}  // namespace

TEST_CASE("statistics are what the host adds up, whatever memory is shared") {
  const Recipe recipe = parse_recipe(Options::parse(kToyRecipe, "recipe.toml"));
  const auto device = open_cpu({.threads = 2});
  Net<float> open(plan_text<float>(kToyNet), *device, {.batch = 8, .share = false});
  Net<float> shared(plan_text<float>(kToyNet), *device, {.batch = 8});
  StatisticsMeter meter(shared);
  NetStatistics statistics;
  for (Net<float>* net : {&open, &shared}) {
    net->initialize(1);
    kill_units(*net);
    set_random_input(*net, 7);
    if (net == &shared) meter.begin();
    net->forward(/*training=*/true, 1, 0);
    net->backward();
    Sgd(*net, recipe).update({.weights = 0.01, .biases = 0.02});
    if (net == &shared) statistics = meter.finish();
  }
  REQUIRE(statistics.parameters.size() == open.parameters().size());
  for (size_t p = 0; p < open.parameters().size(); ++p) {
    const Parameter<float>& parameter = open.parameters()[p];
    INFO(parameter.name);
    const double value = mean_magnitude(on_host(open, parameter.value, parameter.elements()));
    const double update = mean_magnitude(on_host(open, parameter.momentum, parameter.elements()));
    CHECK(statistics.parameters[p].name == parameter.name);
    CHECK(statistics.parameters[p].value == Approx(value).epsilon(1e-5));
    CHECK(statistics.parameters[p].update == Approx(update).epsilon(1e-5));
    CHECK(statistics.parameters[p].ratio() == Approx(update / value).epsilon(1e-5));
  }
  REQUIRE(statistics.relus.size() == 3);
  size_t relu = 0;
  for (size_t l = 0; l < open.plan().layers.size(); ++l) {
    const PlannedLayer& layer = open.plan().layers[l];
    if (layer.type != "relu") continue;
    CHECK(statistics.relus[relu].layer == layer.name);
    CHECK(statistics.relus[relu].share == dead_share(open.activation(int(l)), size_t(layer.output.channels)));
    ++relu;
  }
  CHECK(statistics.relus[0].share == 0.5);
  CHECK(statistics.relus[2].share >= 0.75);
}

TEST_CASE("measuring changes nothing") {
  struct Curious : TrainObserver {
    bool wants_statistics(long) const override { return true; }
    void step_done(const StepReport& report) override { measured += report.statistics.has_value(); }
    int measured = 0;
  };
  ToyRun measured, plain;
  Curious curious;
  TrainObserver nobody;
  measured.trainer.run(curious, [] { return false; });
  plain.trainer.run(nobody, [] { return false; });
  CHECK(curious.measured == kToySteps);
  CHECK(measured.parameters() == plain.parameters());
}
