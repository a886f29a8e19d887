#include <catch2/catch.hpp>

#include "tests/layers/layer_check.h"

namespace tandem::test {
namespace {

Reference matrix_product(int batch, int outputs) {
  return [=](const std::vector<Values>& inputs, const std::vector<Values>& parameters) {
    const size_t depth = inputs[0].size() / batch;
    Values y;
    for (int n = 0; n < batch; ++n)
      for (int o = 0; o < outputs; ++o) {
        double sum = parameters[1][o];
        for (size_t i = 0; i < depth; ++i) sum += inputs[0][n * depth + i] * parameters[0][o * depth + i];
        y.push_back(sum);
      }
    return y;
  };
}

LayerCase case_of(int batch, ImageShape input, int outputs) {
  return {.name = "net.toml",
          .toml = "type = 'fully-connected'\noutputs = " + std::to_string(outputs),
          .inputs = {input},
          .batch = batch};
}

}  // namespace

TEST_CASE("fully-connected equals W x + b and its gradients equal differences", "[layers]") {
  check_layer(case_of(3, {1, 1, 7}, 5), matrix_product(3, 5));
  check_layer(case_of(2, {3, 2, 5}, 4), matrix_product(2, 4));  // flattens height, width, channels
  check_layer(case_of(1, {1, 1, 1}, 1), matrix_product(1, 1));
}

TEST_CASE("fully-connected of many tiles equals W x + b, with the same bits for any threads", "[layers]") {
  const LayerCase layer_case = case_of(5, {5, 5, 24}, 530);
  const Operands operands = random_operands(layer_case);
  const Outcome in_float = run_layer<float>(layer_case, operands, *open_cpu_with(1));
  for (const int threads : {2, 3}) CHECK(run_layer<float>(layer_case, operands, *open_cpu_with(threads)) == in_float);

  const Outcome in_double = run_layer<double>(layer_case, operands, *open_cpu_with(2));
  const Values expected = matrix_product(5, 530)(operands.inputs, operands.parameters);
  CHECK(l2_distance(in_double.output, expected) < 1e-13 * l2_norm(expected));
  CHECK(l2_distance(in_float.output, expected) < 1e-6 * l2_norm(expected));
  Values dx, dw;
  const auto& dy = operands.output_gradient;
  for (int n = 0; n < 5; ++n)
    for (int i = 0; i < 600; ++i) {
      dx.push_back(0);
      for (int o = 0; o < 530; ++o) dx.back() += dy[n * 530 + o] * operands.parameters[0][o * 600 + i];
    }
  for (int o = 0; o < 530; ++o)
    for (int i = 0; i < 600; ++i) {
      dw.push_back(0);
      for (int n = 0; n < 5; ++n) dw.back() += dy[n * 530 + o] * operands.inputs[0][n * 600 + i];
    }
  CHECK(l2_distance(in_double.input_gradients[0], dx) < 1e-13 * l2_norm(dx));
  CHECK(l2_distance(in_double.parameter_gradients[0], dw) < 1e-13 * l2_norm(dw));
  CHECK(l2_distance(in_float.input_gradients[0], dx) < 1e-6 * l2_norm(dx));
  CHECK(l2_distance(in_float.parameter_gradients[0], dw) < 1e-6 * l2_norm(dw));
}

TEST_CASE("fully-connected declares its parameters and work", "[layers]") {
  const auto layer = planned("type = 'fully-connected'\noutputs = 4096", {{6, 6, 256}});
  const std::vector<ParameterSpec> parameters = layer->parameters();
  REQUIRE(parameters.size() == 2);
  CHECK(parameters[0].shape == std::vector<long>{4096, 9216});
  CHECK(parameters[0].fan_in == 9216);
  CHECK(parameters[0].fan_out == 4096);
  CHECK(parameters[0].initializer.kind == Initializer::Kind::xavier);
  CHECK(parameters[1].shape == std::vector<long>{4096});
  CHECK(parameters[1].initializer.kind == Initializer::Kind::constant);
  CHECK(parameters[1].initializer.value == 0);
  CHECK(layer->multiply_adds() == 9216L * 4096);
}

TEST_CASE("fully-connected refuses what cannot be", "[layers]") {
  const std::string full = "type = 'fully-connected'\n";
  check_refused(full + "outputs = 0", {{1, 1, 4}}, {"outputs"});
  check_refused(full, {{1, 1, 4}}, {"outputs", "missing"});
  check_refused(full + "outputs = 3", {}, {"one input", "0"});
  check_refused(full + "outputs = 3\nkernel = 1", {{1, 1, 4}}, {"kernel"});
}

}  // namespace tandem::test
