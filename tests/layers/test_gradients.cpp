// Every layer of the case table: its gradients against central differences in double, its contract (accumulating,
// working in place), and any other device against double on the CPU. TANDEM_DEVICE names the device for the last
// (default: cpu).
#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <cstdlib>
#include <numeric>

#include "layers/registry.h"
#include "tests/goldens/case_table.h"
#include "tests/goldens/comparison.h"
#include "tests/goldens/generator.h"
#include "tests/goldens/layer_runner.h"
#include "tests/stored.h"

using namespace tandem;
using namespace tandem::test;

namespace {

using Values = std::vector<double>;

// Differences of step h are wrong by h^2 (curvature) and by 1e-16 / h (rounding); both are far below this.
constexpr double kStep = 1e-5, kTolerance = 1e-7;
constexpr int kDirections = 3;
constexpr double kFloatTolerance = 2e-5, kBf16Tolerance = 1e-2;

Values uniform(uint64_t seed, size_t count) { return generate_all(seed, long(count), 2); }  // in [-1, 1)

// A shuffled ladder about 0, exact in float: values differ by at least 2^-15, and none is nearer to 0 than half of
// that, so that a step of kStep crosses no kink of a ReLU or a max pool.
Values apart(uint64_t seed, size_t count) {
  std::vector<size_t> order(count);
  std::iota(order.begin(), order.end(), size_t(0));
  for (size_t i = count; i > 1; --i) std::swap(order[i - 1], order[splitmix64((seed << 32) + i) % i]);
  const double spacing = std::exp2(std::max(-15.0, std::floor(std::log2(4.0 / double(count + 1)))));
  Values values(count);
  for (size_t i = 0; i < count; ++i) values[i] = (double(order[i]) - double(count / 2) + 0.5) * spacing;
  return values;
}

// What a layer is given: the same for every type and device.
struct Given {
  explicit Given(const LayerCase& layer, const LayerRunner<double>& runner) {
    uint64_t seed = 1;
    for (const ImageShape& shape : layer.inputs)
      inputs.push_back(apart(seed++, size_t(shape.elements()) * size_t(layer.batch)));
    for (const ParameterSpec& spec : runner.parameter_specs())
      parameters.push_back(uniform(seed++, size_t(spec.elements())));
    output_gradient = runner.is_loss() ? Values(runner.output_elements(), 1.0 / layer.batch)
                                       : uniform(seed++, runner.output_elements());
    for (int n = 0; n < layer.batch; ++n)
      labels.push_back(int32_t(splitmix64((seed << 32) + uint64_t(n)) % uint64_t(std::max(1, layer.classes))));
  }
  std::vector<Values> inputs, parameters;
  Values output_gradient;
  std::vector<int32_t> labels;
};

// The same, rounded to what bf16 can hold.
Given rounded(Given given) {
  const auto round_all = [](Values& values) { values = values_of(all_to<bf16>(values)); };
  for (Values& input : given.inputs) round_all(input);
  for (Values& parameter : given.parameters) round_all(parameter);
  round_all(given.output_gradient);
  return given;
}

// Output, input gradients and parameter gradients, in this order.
struct Result {
  std::vector<std::string> names;
  std::vector<Values> tensors;
};

template <class T>
Result run(LayerRunner<T>& runner, const Given& given, GradientMode mode = GradientMode::overwrite) {
  Result result;
  runner.set_labels(given.labels);
  result.names.push_back("output");
  result.tensors.push_back(runner.forward(given.inputs, given.parameters));
  runner.backward(given.output_gradient, mode);
  for (size_t i = 0; i < given.inputs.size(); ++i) {
    result.names.push_back("gradient of input " + std::to_string(i));
    result.tensors.push_back(runner.input_gradient(i));
  }
  for (size_t i = 0; i < given.parameters.size(); ++i) {
    result.names.push_back("gradient of " + runner.parameter_specs()[i].name);
    result.tensors.push_back(runner.parameter_gradient(i));
  }
  return result;
}

std::vector<LayerCase> cases() { return all_layer_cases(read_goldens(goldens_folder())); }

double inner(const Values& x, const Values& y) { return std::inner_product(x.begin(), x.end(), y.begin(), 0.0); }

// The derivative of sum(output_gradient * output) along `direction` in one tensor of `given`, by central difference.
double difference(LayerRunner<double>& runner, Given& given, Values& tensor, const Values& direction) {
  const Values middle = tensor;
  const auto output_at = [&](double step) {
    for (size_t i = 0; i < tensor.size(); ++i) tensor[i] = middle[i] + step * direction[i];
    return runner.forward(given.inputs, given.parameters);
  };
  const Values above = output_at(kStep), below = output_at(-kStep);
  tensor = middle;
  Values slope(above.size());
  for (size_t i = 0; i < slope.size(); ++i) slope[i] = (above[i] - below[i]) / (2 * kStep);
  return inner(slope, given.output_gradient);
}

// A random direction looks at every element of a gradient at once: an element that is wrong by as much as it is large
// shows as 1 / sqrt(elements), thousands of times the tolerance.
void check_tensor(LayerRunner<double>& runner, Given& given, Values& tensor, const std::string& name,
                  const Values& gradient) {
  INFO(name);
  REQUIRE(gradient.size() == tensor.size());
  for (int d = 0; d < kDirections; ++d) {
    const Values direction = uniform(uint64_t(100 + d), tensor.size());
    const double numeric = difference(runner, given, tensor, direction), analytic = inner(gradient, direction);
    const double size = std::max({std::abs(numeric), std::abs(analytic), l2_norm(gradient) / 10});
    REQUIRE(std::abs(numeric - analytic) <= kTolerance * size);
  }
}

std::string device_name() {
  const char* name = std::getenv("TANDEM_DEVICE");
  return name != nullptr && *name != '\0' ? name : "cpu";
}

}  // namespace

TEST_CASE("every layer's gradients agree with central differences in double", "[layers][gradients]") {
  const auto device = Device::open("cpu");
  const std::vector<LayerCase> all = cases();
  REQUIRE(all.size() > 80);
  for (const LayerCase& layer : all) {
    INFO(layer.name << "\n" << layer.toml);
    LayerRunner<double> runner(layer, layer_registry<double>(), *device);
    Given given(layer, runner);
    const Result result = run(runner, given);
    size_t tensor = 1;
    for (Values& input : given.inputs) {
      check_tensor(runner, given, input, result.names[tensor], result.tensors[tensor]);
      ++tensor;
    }
    for (Values& parameter : given.parameters) {
      check_tensor(runner, given, parameter, result.names[tensor], result.tensors[tensor]);
      ++tensor;
    }
  }
}

TEST_CASE("accumulating adds to parameter gradients and overwrites input gradients", "[layers][gradients]") {
  const auto device = Device::open("cpu");
  for (const LayerCase& layer : cases()) {
    INFO(layer.name << "\n" << layer.toml);
    LayerRunner<double> runner(layer, layer_registry<double>(), *device);
    const Given given(layer, runner);
    const Result once = run(runner, given), twice = run(runner, given, GradientMode::accumulate);
    for (size_t i = 0; i < once.tensors.size(); ++i) {
      INFO(once.names[i]);
      const bool of_parameter = i > given.inputs.size();
      Values expected = once.tensors[i];
      if (of_parameter)
        std::transform(expected.begin(), expected.end(), expected.begin(), [](double x) { return 2 * x; });
      REQUIRE(l2_distance(twice.tensors[i], expected) <= 1e-13 * l2_norm(expected));
    }
  }
}

TEST_CASE("layers that may work in place give the same bits there", "[layers]") {
  const auto device = Device::open("cpu");
  int tried = 0;
  for (const LayerCase& layer : cases()) {
    INFO(layer.name << "\n" << layer.toml);
    LayerRunner<double> apart_runner(layer, layer_registry<double>(), *device);
    if (!apart_runner.needs().in_place) continue;
    ++tried;
    LayerRunner<double> runner(layer, layer_registry<double>(), *device, Placement::in_place);
    const Given given(layer, runner);
    REQUIRE(run(runner, given).tensors == run(apart_runner, given).tensors);
  }
  REQUIRE(tried >= 4);  // relu, sigmoid, tanh, dropout
}

TEMPLATE_TEST_CASE("every layer gives the same bits for any number of threads", "[layers]", float, bf16) {
  const auto one = Device::open("cpu", {.threads = 1}), three = Device::open("cpu", {.threads = 3});
  for (const LayerCase& layer : cases()) {
    INFO(layer.name << "\n" << layer.toml);
    const LayerRunner<double> shapes(layer, layer_registry<double>(), *one);
    const Given given(layer, shapes);
    LayerRunner<TestType> alone(layer, layer_registry<TestType>(), *one);
    LayerRunner<TestType> together(layer, layer_registry<TestType>(), *three);
    REQUIRE(run(alone, given).tensors == run(together, given).tensors);
  }
}

// Of bf16 too: what is given is rounded for both, so that numbers tie for both or for none.
TEMPLATE_TEST_CASE("every layer agrees with double on the CPU", "[layers][device]", float, bf16) {
  if (device_name().starts_with("cuda") && cuda_device_count() == 0) {
    WARN("skipped: there is no CUDA device on this machine");
    return;
  }
  const auto cpu = Device::open("cpu"), device = Device::open(device_name());
  for (const LayerCase& layer : cases()) {
    INFO(layer.name << "\n" << layer.toml);
    LayerRunner<double> reference(layer, layer_registry<double>(), *cpu);
    LayerRunner<TestType> runner(layer, layer_registry<TestType>(), *device);
    constexpr bool kIsBf16 = std::is_same_v<TestType, bf16>;
    const Given given = kIsBf16 ? rounded(Given(layer, reference)) : Given(layer, reference);
    const Result expected = run(reference, given), actual = run(runner, given);
    for (size_t i = 0; i < expected.tensors.size(); ++i) {
      INFO(expected.names[i]);
      REQUIRE(l2_distance(actual.tensors[i], expected.tensors[i]) <=
              (kIsBf16 ? kBf16Tolerance : kFloatTolerance) * l2_norm(expected.tensors[i]));
    }
  }
}
