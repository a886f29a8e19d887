#include <catch2/catch.hpp>
#include <cmath>

#include "tests/layers/layer_check.h"

namespace tandem::test {
namespace {

Reference elementwise(double (*function)(double)) {
  return [=](const std::vector<Values>& inputs, const std::vector<Values>&) {
    Values y;
    for (const double x : inputs[0]) y.push_back(function(x));
    return y;
  };
}

LayerCase case_of(const std::string& type) {
  return {.name = "net.toml", .toml = "type = '" + type + "'", .inputs = {{3, 5, 3}}, .batch = 2};
}

}  // namespace

TEST_CASE("activations equal their functions and gradients equal differences", "[layers]") {
  check_layer(case_of("relu"), elementwise([](double x) { return x > 0 ? x : 0; }));
  check_layer(case_of("sigmoid"), elementwise([](double x) { return 1 / (1 + std::exp(-x)); }));
  check_layer(case_of("tanh"), elementwise([](double x) { return std::tanh(x); }));
}

TEST_CASE("activations need their output alone and take one input and no keys", "[layers]") {
  for (const std::string type : {"relu", "sigmoid", "tanh"}) {
    const BackwardNeeds needs = planned("type = '" + type + "'", {{2, 2, 2}})->needs();
    CHECK(needs.output);
    CHECK(needs.in_place);
    CHECK_FALSE(needs.input);
    check_refused("type = '" + type + "'", {{2, 2, 2}, {2, 2, 2}}, {"one input"});
    check_refused("type = '" + type + "'\nslope = 0.1", {{2, 2, 2}}, {"slope"});
  }
}

}  // namespace tandem::test
