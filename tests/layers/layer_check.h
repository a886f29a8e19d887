// One layer on its own against a reference that knows nothing of tiles, layouts of scratch or routes.
#pragma once
#include <algorithm>
#include <catch2/catch.hpp>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "layers/registry.h"
#include "tests/goldens/comparison.h"
#include "tests/goldens/layer_runner.h"

namespace tandem::test {

using Values = std::vector<double>;

// The layer's output from its inputs and parameters by the formula, in plain loops.
using Reference = std::function<Values(const std::vector<Values>& inputs, const std::vector<Values>& parameters)>;

// Exact float32 values between -1 and 1, none nearer to 0 than 1/64 (relu has a kink there).
inline Values random_values(size_t count, uint64_t seed) {
  Values values(count);
  uint64_t state = seed * 0x9E3779B97F4A7C15u + 1;
  for (double& value : values) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    const double magnitude = double(float((double(state >> 33) / 2147483648.0) * (63.0 / 64) + 1.0 / 64));
    value = (state >> 32) & 1 ? magnitude : -magnitude;
  }
  return values;
}

inline std::unique_ptr<Device> open_cpu_with(int threads, size_t workspace_cap = 0) {
  return Device::open("cpu", {.threads = threads, .workspace_cap = workspace_cap});
}

// The layer after plan().
inline std::unique_ptr<Layer<double>> planned(const std::string& toml, const std::vector<ImageShape>& inputs) {
  const Options options = Options::parse(toml, "net.toml");
  std::unique_ptr<Layer<double>> layer = layer_registry<double>().at(options.text("type"))(options);
  options.finish();
  layer->plan(inputs);
  return layer;
}

// What goes into a case's layer, and what comes out of it after forward and backward.
struct Operands {
  std::vector<Values> inputs, parameters;
  Values output_gradient;
  std::vector<int32_t> labels;
};
struct Outcome {
  Values output;
  std::vector<Values> input_gradients, parameter_gradients;
  bool operator==(const Outcome&) const = default;
};

inline Operands random_operands(const LayerCase& layer_case) {
  const std::unique_ptr<Layer<double>> layer = planned(layer_case.toml, layer_case.inputs);
  const ImageShape output = layer->plan(layer_case.inputs);
  Operands operands;
  uint64_t seed = 1;
  for (const ImageShape& shape : layer_case.inputs)
    operands.inputs.push_back(random_values(size_t(layer_case.batch) * shape.elements(), seed++));
  for (const ParameterSpec& spec : layer->parameters())
    operands.parameters.push_back(random_values(spec.elements(), seed++));
  operands.output_gradient = random_values(size_t(layer_case.batch) * output.elements(), seed);
  for (int i = 0; i < layer_case.batch; ++i) operands.labels.push_back(i % std::max(1, layer_case.classes));
  return operands;
}

template <class T>
Outcome run_layer(const LayerCase& layer_case, const Operands& operands, Device& device,
                  Placement placement = Placement::separate) {
  LayerRunner<T> runner(layer_case, layer_registry<T>(), device, placement);
  runner.set_labels(operands.labels);
  Outcome outcome;
  outcome.output = runner.forward(operands.inputs, operands.parameters);
  runner.backward(operands.output_gradient);
  for (size_t i = 0; i < operands.inputs.size(); ++i) outcome.input_gradients.push_back(runner.input_gradient(i));
  for (size_t i = 0; i < operands.parameters.size(); ++i)
    outcome.parameter_gradients.push_back(runner.parameter_gradient(i));
  return outcome;
}

inline constexpr double kStep = 1e-5;

inline void require_close(const std::string& what, const Values& actual, const Values& expected, double tolerance) {
  INFO(what);
  const double error = l2_distance(actual, expected);
  CAPTURE(error, l2_norm(expected));
  REQUIRE(error <= tolerance * l2_norm(expected) + 1e-300);
}

inline double objective(const LayerRunner<double>& runner, const Operands& operands, const Values& output) {
  double sum = 0;
  for (size_t i = 0; i < output.size(); ++i)
    sum += runner.is_loss() ? output[i] / double(output.size()) : output[i] * operands.output_gradient[i];
  return sum;
}

// d objective / d values, one entry at a time. `values` is one of the operands' own tensors.
inline Values differences(LayerRunner<double>& runner, Operands& operands, Values& values) {
  Values result;
  for (double& value : values) {
    const double original = value;
    value = original + kStep;
    const double above = objective(runner, operands, runner.forward(operands.inputs, operands.parameters));
    value = original - kStep;
    const double below = objective(runner, operands, runner.forward(operands.inputs, operands.parameters));
    value = original;
    result.push_back((above - below) / (2 * kStep));
  }
  return result;
}

inline void check_gradients(const LayerCase& layer_case, Operands operands, const Outcome& outcome, Device& device) {
  LayerRunner<double> runner(layer_case, layer_registry<double>(), device);
  runner.set_labels(operands.labels);
  for (size_t i = 0; i < operands.inputs.size(); ++i)
    require_close("gradient of input " + std::to_string(i), outcome.input_gradients[i],
                  differences(runner, operands, operands.inputs[i]), 1e-7);
  for (size_t i = 0; i < operands.parameters.size(); ++i)
    require_close("gradient of " + runner.parameter_specs()[i].name, outcome.parameter_gradients[i],
                  differences(runner, operands, operands.parameters[i]), 1e-7);
}

inline void check_accumulation(const LayerCase& layer_case, const Operands& operands, const Outcome& outcome,
                               Device& device) {
  LayerRunner<double> runner(layer_case, layer_registry<double>(), device);
  runner.set_labels(operands.labels);
  for (const GradientMode mode : {GradientMode::overwrite, GradientMode::accumulate}) {
    runner.forward(operands.inputs, operands.parameters);
    runner.backward(operands.output_gradient, mode);
  }
  for (size_t i = 0; i < operands.parameters.size(); ++i) {
    Values twice = outcome.parameter_gradients[i];
    for (double& value : twice) value *= 2;
    require_close("accumulated " + runner.parameter_specs()[i].name, runner.parameter_gradient(i), twice, 1e-14);
  }
}

template <class T>
void check_same_bits(const LayerCase& layer_case, const Operands& operands, const Outcome& outcome) {
  for (const size_t workspace_cap : {0, 1}) {
    const std::unique_ptr<Device> device = open_cpu_with(2, workspace_cap);
    REQUIRE(run_layer<T>(layer_case, operands, *device) == outcome);
  }
}

// Checks, for one case:
//   output, double and float: equal to the reference;
//   gradients, double: equal to central differences of sum(output * output_gradient), or of a loss layer's mean loss;
//   gradients, float: equal to double's;
//   parameter gradients: a second, accumulating backward doubles them;
//   in place, where the layer allows it: the same bits as in separate memory;
//   one thread, two threads, and two threads with hardly any workspace: the same bits.
inline void check_layer(const LayerCase& layer_case, const Reference& reference) {
  INFO(layer_case.toml << " on " << layer_case.inputs[0].text());
  const std::unique_ptr<Device> device = open_cpu_with(1);
  const Operands operands = random_operands(layer_case);
  const Outcome in_double = run_layer<double>(layer_case, operands, *device);
  const Outcome in_float = run_layer<float>(layer_case, operands, *device);

  const Values expected = reference(operands.inputs, operands.parameters);
  require_close("output in double", in_double.output, expected, 1e-13);
  require_close("output in float", in_float.output, expected, 2e-6);
  check_gradients(layer_case, operands, in_double, *device);
  for (size_t i = 0; i < operands.inputs.size(); ++i)
    require_close("gradient in float", in_float.input_gradients[i], in_double.input_gradients[i], 5e-6);
  for (size_t i = 0; i < operands.parameters.size(); ++i)
    require_close("gradient in float", in_float.parameter_gradients[i], in_double.parameter_gradients[i], 5e-6);
  check_accumulation(layer_case, operands, in_double, *device);
  if (planned(layer_case.toml, layer_case.inputs)->needs().in_place) {
    const Outcome in_place = run_layer<float>(layer_case, operands, *device, Placement::in_place);
    REQUIRE(in_place.input_gradients == in_float.input_gradients);
    REQUIRE(in_place.output == in_float.output);
  }
  check_same_bits<double>(layer_case, operands, in_double);
  check_same_bits<float>(layer_case, operands, in_float);
}

// plan() or the factory refuses the layer, and the message holds every one of `words`.
inline void check_refused(const std::string& toml, const std::vector<ImageShape>& inputs,
                          const std::vector<std::string>& words) {
  INFO(toml);
  std::string message;
  try {
    planned(toml, inputs);
  } catch (const UsageError& error) {
    message = error.what();
  }
  CHECK_THAT(message, Catch::StartsWith("net.toml"));
  for (const std::string& word : words) CHECK_THAT(message, Catch::Contains(word));
}

}  // namespace tandem::test
