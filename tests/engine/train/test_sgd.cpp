// Tests engine/train/sgd: which rate and decay each parameter gets. The rule itself is held against PyTorch in goldens.
#include "engine/train/sgd.h"

#include <catch2/catch.hpp>

#include "tests/engine/net_text.h"

using namespace tandem;

namespace {

const std::string kNet = R"(name = "two"
input = { height = 1, width = 1, channels = 3 }
classes = 2
[[layer]]
name = "plain"
type = "fully-connected"
outputs = 5
[[layer]]
name = "special"
type = "fully-connected"
outputs = 2
rate_multiplier = { weights = 3, biases = 5 }
decay_multiplier = { weights = 0.25, biases = 7 }
[[layer]]
name = "loss"
type = "softmax-cross-entropy"
)";

Recipe recipe_of(const std::string& biases) {
  return parse_recipe(
      Options::parse("batch = 1\nepochs = 10\nmomentum = 0.8\ndecay = 0.01\n"
                     "rate = { schedule = 'steps', base = 0.1, at = [5] }\n" +
                         biases,
                     "recipe.toml"));
}

struct Expected {
  double rate, decay;
};

// Two updates with values, momenta and gradients of the test's own; the paper's rule (section 5) in double.
void check_updates(const Recipe& recipe, const Rates& rates, const std::map<std::string, Expected>& expected) {
  const auto device = open_cpu({});
  Net<double> net(plan_text<double>(kNet), *device, {.batch = 1});
  net.initialize(1);
  REQUIRE(net.parameters().size() == expected.size());
  std::map<std::string, std::vector<double>> weights, momenta;
  for (const Parameter<double>& p : net.parameters()) {
    auto& w = weights[p.name];
    auto& v = momenta[p.name];
    for (size_t i = 0; i < p.elements(); ++i) w.push_back(0.3 * double(i) - 1), v.push_back(0.1 * double(i));
    net.device().upload(p.value, w.data(), w.size() * sizeof(double));
    net.device().upload(p.momentum, v.data(), v.size() * sizeof(double));
  }
  Sgd<double> sgd(net, recipe);
  for (const double slope : {1.0, -2.0}) {
    for (const Parameter<double>& p : net.parameters()) {
      std::vector<double> g(p.elements());
      for (size_t i = 0; i < g.size(); ++i) g[i] = slope * double(i + 1);
      net.device().upload(p.gradient, g.data(), g.size() * sizeof(double));
      const auto [rate, decay] = expected.at(p.name);
      for (size_t i = 0; i < g.size(); ++i) {
        double &w = weights[p.name][i], &v = momenta[p.name][i];
        v = recipe.momentum * v - decay * rate * w - rate * g[i];
        w += v;
      }
    }
    sgd.update(rates);
  }
  for (const Parameter<double>& p : net.parameters()) {
    INFO(p.name);
    const auto w = on_host(net, p.value, p.elements()), v = on_host(net, p.momentum, p.elements());
    for (size_t i = 0; i < w.size(); ++i) {
      CHECK(w[i] == Approx(weights[p.name][i]).epsilon(1e-13).margin(1e-14));
      CHECK(v[i] == Approx(momenta[p.name][i]).epsilon(1e-13).margin(1e-14));
    }
  }
}

}  // namespace

TEST_CASE("a layer's own multipliers go before the recipe's for biases") {
  const Recipe recipe = recipe_of("biases = { rate_multiplier = 2, decay_multiplier = 0 }");
  check_updates(recipe, rates_at(recipe, 0, {}),
                {{"plain.weights", {0.1, 0.01}},
                 {"plain.biases", {0.2, 0}},
                 {"special.weights", {0.3, 0.0025}},
                 {"special.biases", {0.5, 0.07}}});
}

TEST_CASE("biases do as the weights do where the recipe says nothing") {
  const Recipe recipe = recipe_of("");
  check_updates(recipe, rates_at(recipe, 5, {}),
                {{"plain.weights", {0.01, 0.01}},
                 {"plain.biases", {0.01, 0.01}},
                 {"special.weights", {0.03, 0.0025}},
                 {"special.biases", {0.05, 0.07}}});
}

TEST_CASE("biases may have a schedule of their own") {
  const Recipe recipe = recipe_of("biases = { rate = { base = 0.7 } }");
  CHECK(rates_at(recipe, 0, {}).weights == 0.1);
  CHECK(rates_at(recipe, 9, {}).weights == Approx(0.01));
  CHECK(rates_at(recipe, 9, {}).biases == 0.7);
}
