// Tests engine/net/net: sharing memory changes no bit, branches add up, and what does not fit is refused.
#include "engine/net/net.h"

#include <catch2/catch.hpp>
#include <limits>
#include <numeric>
#include <string>

#include "engine/core/error.h"
#include "engine/net/gradient_check.h"
#include "tests/engine/counting_device.h"
#include "tests/engine/net_text.h"

using namespace tandem;
using namespace tandem::test;
using Catch::Matchers::Contains;

namespace {

// The image is read by two layers, relu1 by three, and "twice" reads one layer twice. Dropout runs in place in the
// backward pass, relu2 in both, and the sigmoid in neither: others read what it reads.
const std::string kBranches = R"(
name = "branches"
input = { height = 9, width = 9, channels = 4 }
classes = 6
[[layer]]
name = "conv1"
type = "convolution"
outputs = 8
kernel = 3
pad = 1
[[layer]]
name = "relu1"
type = "relu"
[[layer]]
name = "left"
type = "convolution"
outputs = 4
kernel = 1
[[layer]]
name = "right"
type = "convolution"
inputs = ["relu1"]
outputs = 8
kernel = 3
pad = 1
groups = 2
[[layer]]
name = "relu2"
type = "relu"
[[layer]]
name = "norm2"
type = "lrn"
n = 3
alpha = 0.1
beta = 0.75
k = 2
[[layer]]
name = "skip"
type = "convolution"
inputs = ["input"]
outputs = 4
kernel = 3
pad = 1
[[layer]]
name = "sigmoid"
type = "sigmoid"
[[layer]]
name = "join"
type = "concat"
inputs = ["left", "norm2", "relu1", "skip", "sigmoid"]
[[layer]]
name = "pool"
type = "max-pool"
kernel = 3
stride = 2
[[layer]]
name = "drop"
type = "dropout"
keep = 0.5
rule = "inverted"
[[layer]]
name = "twice"
type = "concat"
inputs = ["drop", "drop"]
[[layer]]
name = "fc"
type = "fully-connected"
outputs = 6
[[layer]]
name = "loss"
type = "softmax-cross-entropy"
)";
constexpr int kBatch = 5;

template <class A>
std::vector<std::vector<A>> parameter_gradients(const AnyNet<A>& net) {
  std::vector<std::vector<A>> all;
  for (const Parameter<A>& p : net.parameters()) all.push_back(on_host(net, p.gradient, p.elements()));
  return all;
}

template <class A>
std::vector<std::vector<A>> parameter_values(const AnyNet<A>& net) {
  std::vector<std::vector<A>> all;
  for (const Parameter<A>& p : net.parameters()) all.push_back(on_host(net, p.value, p.elements()));
  return all;
}

template <class T>
void check_same_pass(Net<T>& a, Net<T>& b, int count, uint64_t step) {
  for (Net<T>* net : {&a, &b}) {
    set_random_input(*net, count, step);
    net->forward(/*training=*/true, /*seed=*/3, step);
    net->backward();
  }
  CHECK(a.losses() == b.losses());
  CHECK(a.probabilities() == b.probabilities());
  CHECK(parameter_gradients(a) == parameter_gradients(b));
  CHECK(a.input_gradient() == b.input_gradient());
  CHECK(a.result().top1 == b.result().top1);
}

}  // namespace

TEMPLATE_TEST_CASE("sharing memory changes no bit", "", float, bf16, double) {
  const auto device = open_cpu({.threads = 2});
  NetOptions options{.batch = kBatch, .input_gradient = true};
  Net<TestType> shared(plan_text<TestType>(kBranches), *device, options);
  options.share = false;
  Net<TestType> separate(plan_text<TestType>(kBranches), *device, options);
  CHECK(shared.memory().activations < separate.memory().activations);
  for (Net<TestType>* net : {&shared, &separate}) net->initialize(1);
  for (const uint64_t step : {0, 1}) check_same_pass(shared, separate, kBatch, step);
}

TEST_CASE("threads change no bit in bf16") {
  const auto one = open_cpu({.threads = 1}), three = open_cpu({.threads = 3});
  const NetOptions options{.batch = kBatch, .input_gradient = true};
  Net<bf16> alone(plan_text<bf16>(kBranches), *one, options), together(plan_text<bf16>(kBranches), *three, options);
  for (Net<bf16>* net : {&alone, &together}) net->initialize(1);
  check_same_pass(alone, together, kBatch, 0);
}

// The net with a smooth function in the place of each that has kinks.
std::string smooth(std::string toml) {
  for (const auto& [from, to] : {std::pair{"\"relu\"", "\"tanh\""}, {"\"max-pool\"", "\"average-pool\""}})
    for (size_t at; (at = toml.find(from)) != std::string::npos;) toml.replace(at, std::string(from).size(), to);
  return toml;
}

// Every stored number is rounded by up to 2^-8 of itself, and each layer adds to that. (Where a ReLU or a pool decides
// otherwise because of it, single gradients become others altogether.)
TEST_CASE("in bf16 loss and gradients are those of float32 to its few digits") {
  const auto device = open_cpu({.threads = 2});
  Net<float> exact(plan_text<float>(smooth(kBranches)), *device, {.batch = kBatch});
  Net<bf16> rounded(plan_text<bf16>(smooth(kBranches)), *device, {.batch = kBatch});
  for (AnyNet<float>* net : std::initializer_list<AnyNet<float>*>{&exact, &rounded}) {
    net->initialize(1);
    set_random_input(*net, kBatch);
    net->forward(/*training=*/true, /*seed=*/3, /*step=*/0);
    net->backward();
  }
  CHECK(rounded.result().loss == Approx(exact.result().loss).epsilon(0.01));
  CHECK(rounded.result().loss != exact.result().loss);
  const auto expected = parameter_gradients(exact), actual = parameter_gradients(rounded);
  for (size_t p = 0; p < expected.size(); ++p) {
    double difference = 0, size = 0;
    for (size_t i = 0; i < expected[p].size(); ++i) {
      difference += std::pow(double(actual[p][i]) - expected[p][i], 2);
      size += std::pow(double(expected[p][i]), 2);
    }
    CAPTURE(exact.parameters()[p].name, std::sqrt(difference / size));
    CHECK(std::sqrt(difference) < 0.03 * std::sqrt(size));
  }
}

TEST_CASE("a bf16 net's activations take half the memory, and its parameters half as much again") {
  const auto device = open_cpu({});
  const MemoryUse whole = Net<float>::memory_use(plan_text<float>(kBranches), *device, {.batch = 64}),
                  half = Net<bf16>::memory_use(plan_text<bf16>(kBranches), *device, {.batch = 64});
  CHECK(half.activations < 0.6 * double(whole.activations));  // not half: places of maxima are bytes in both
  CHECK(half.gradients == whole.gradients);
  CHECK(half.parameters == whole.parameters + whole.parameters / 2);
}

TEST_CASE("a net for inference gives the same bits with less memory") {
  const auto device = open_cpu({.threads = 2});
  Net<float> training(plan_text<float>(kBranches), *device, {.batch = kBatch});
  Net<float> inference(plan_text<float>(kBranches), *device, {.batch = kBatch, .training = false});
  CHECK(inference.memory().total() < training.memory().total());
  for (Net<float>* net : {&training, &inference}) {
    net->initialize(1);
    set_random_input(*net, kBatch);
    net->forward(/*training=*/false, 0, 0);
  }
  CHECK(training.probabilities() == inference.probabilities());
}

TEST_CASE("a watcher finds each layer's output whole in a pass that shares memory") {
  const auto device = open_cpu({.threads = 2});
  Net<float> separate(plan_text<float>(kBranches), *device, {.batch = kBatch, .training = false, .share = false});
  separate.initialize(1);
  set_random_input(separate, kBatch);
  separate.forward(false, 0, 0);
  Net<float> net(plan_text<float>(kBranches), *device, {.batch = kBatch, .training = false});
  net.initialize(1);
  set_random_input(net, kBatch);
  std::vector<int> seen;
  net.watch([&](int layer) {
    INFO(separate.plan().layers[size_t(layer)].name);
    CHECK(net.activation(layer) == separate.activation(layer));
    seen.push_back(layer);
  });
  net.forward(false, 0, 0);
  std::vector<int> all(separate.plan().layers.size());
  std::iota(all.begin(), all.end(), 0);
  CHECK(seen == all);
  CHECK(net.losses() == separate.losses());
  CHECK(net.memory().activations < separate.memory().activations);
}

TEST_CASE("gradients of what several layers read add up") {
  const auto device = open_cpu({.threads = 2});
  Net<double> net(plan_text<double>(kBranches), *device, {.batch = 2, .input_gradient = true});
  set_random_input(net, 2);
  const auto checks = check_gradients(net);
  CHECK(checks.size() == net.parameters().size() + 1);
  for (const TensorCheck& check : checks) {
    INFO(check.name << ": error " << check.error << ", checked " << check.checked);
    CHECK(check.passed);
    CHECK(check.checked > 0);
  }
}

TEST_CASE("a batch smaller than the net was built for is that batch") {
  const auto device = open_cpu({.threads = 2});
  Net<float> large(plan_text<float>(kBranches), *device, {.batch = 8, .input_gradient = true});
  Net<float> small(plan_text<float>(kBranches), *device, {.batch = 3, .input_gradient = true});
  for (Net<float>* net : {&large, &small}) net->initialize(1);
  set_random_input(large, 8);
  large.forward(true, 3, 7);
  large.backward();  // leaves something behind that must not matter
  check_same_pass(large, small, 3, 0);
  CHECK(large.result().count == 3);
  CHECK(large.losses().size() == 3);
}

TEST_CASE("a batch that does not fit the net is refused") {
  const auto device = open_cpu({});
  Net<float> net(plan_text<float>(kBranches), *device, {.batch = 2});
  CHECK_THROWS_WITH(set_random_input(net, 3), Contains("3 images") && Contains("built for 2"));
  CHECK_THROWS_AS(net.set_input(nullptr, nullptr, 0), Error);
}

TEST_CASE("accumulated gradients are the sum of both passes'") {
  const auto device = open_cpu({.threads = 2});
  Net<double> net(plan_text<double>(kBranches), *device, {.batch = kBatch});
  net.initialize(1);
  std::vector<std::vector<double>> gradients[2];
  const auto pass = [&](uint64_t step, GradientMode mode) {
    set_random_input(net, kBatch, step);
    net.forward(true, 3, step);
    net.backward(mode);
    return parameter_gradients(net);
  };
  for (const int step : {0, 1}) gradients[step] = pass(step, GradientMode::overwrite);
  pass(0, GradientMode::overwrite);
  const auto both = pass(1, GradientMode::accumulate);
  for (size_t p = 0; p < both.size(); ++p)
    for (size_t i = 0; i < both[p].size(); ++i)
      REQUIRE(both[p][i] == Approx(gradients[0][p][i] + gradients[1][p][i]).epsilon(1e-11).margin(1e-13));
}

TEST_CASE("a seed determines every parameter") {
  const auto device = open_cpu({});
  Net<float> a(plan_text<float>(kBranches), *device, {}), b(plan_text<float>(kBranches), *device, {});
  a.initialize(1);
  b.initialize(1);
  CHECK(parameter_values(a) == parameter_values(b));
  b.initialize(2);
  CHECK(parameter_values(a) != parameter_values(b));
  for (const Parameter<float>& p : b.parameters())
    CHECK(on_host(b, p.momentum, p.elements()) == std::vector<float>(p.elements(), 0));
}

TEST_CASE("a net that does not fit names the batch that would") {
  const NetOptions options{.batch = 1000};
  const NetPlan<float> plan = plan_text<float>(kBranches);
  const auto cpu = open_cpu({});
  const auto needed = [&](int batch) { return Net<float>::memory_use(plan, *cpu, {.batch = batch}).total(); };
  CHECK_NOTHROW([&] {
    SmallDevice device(needed(1000));
    Net<float> fits(plan_text<float>(kBranches), device, options);
  }());
  for (const int batch : {1, 77, 999}) {
    const bool barely = batch == 77;
    SmallDevice device(barely ? needed(batch) : needed(batch + 1) - 1);
    CHECK_THROWS_WITH(Net<float>(plan_text<float>(kBranches), device, options),
                      Contains("branches needs") && Contains("a batch of 1000") && Contains("a small device") &&
                          Contains("--batch " + std::to_string(batch) + " would fit"));
  }
  SmallDevice device(needed(1) - 1);
  CHECK_THROWS_WITH(Net<float>(plan_text<float>(kBranches), device, options), Contains("not even a batch of 1"));
}

TEST_CASE("a net leaves what others will take") {
  const NetPlan<float> plan = plan_text<float>(kBranches);
  const auto beside = [](int batch) { return 1000 + 10 * size_t(batch); };
  SmallDevice device(Net<float>::memory_use(plan, *open_cpu({}), {.batch = 50}).total() + beside(50));
  CHECK_NOTHROW(Net<float>(plan_text<float>(kBranches), device, {.batch = 50, .beside = beside}));
  CHECK_THROWS_WITH(Net<float>(plan_text<float>(kBranches), device, {.batch = 51, .beside = beside}),
                    Contains("--batch 50 would fit"));
}

TEST_CASE("a batch of a thousand million images is refused before memory is taken") {
  const auto device = open_cpu({});
  CHECK_THROWS_WITH(Net<float>(plan_text<float>(kBranches), *device, {.batch = 1'000'000'000}), Contains("would fit"));
}

TEMPLATE_TEST_CASE("memory_use is what a step takes, to the byte", "", float, bf16) {
  const std::string convolution = "type = \"convolution\"\n";
  const std::string algorithm = GENERATE("columns", "direct", "implicit");
  std::string toml = kBranches;
  for (size_t at = 0; (at = toml.find(convolution, at)) != std::string::npos; ++at)
    toml.insert(at + convolution.size(), "algorithm = \"" + algorithm + "\"\n");
  for (const int threads : {1, 2, 5})
    for (const int batch : {1, kBatch, 37})
      for (const bool training : {true, false}) {
        CAPTURE(algorithm, threads, batch, training);
        CountingDevice device(threads);
        Net<TestType> net(plan_text<TestType>(toml), device, {.batch = batch, .training = training});
        set_random_input(net, batch, 0);
        net.forward(training, 3, 0);
        if (training) net.backward();
        const MemoryUse use = Net<TestType>::memory_use(net.plan(), device, net.options());
        CHECK(net.memory().total() == use.total());
        CHECK(device.workspace() == use.workspace);
        CHECK(device.reserved() == use.workspace);
        CHECK(device.allocated() == use.total() - use.workspace);
      }
}

TEST_CASE("memory_use counts each part") {
  const auto device = open_cpu({});
  const NetPlan<float> plan = plan_text<float>(kBranches);
  const MemoryUse use = Net<float>::memory_use(plan, *device, {.batch = kBatch});
  CHECK(use.input == kBatch * (9 * 9 * 4 * sizeof(float) + sizeof(int32_t)));
  CHECK(use.parameters >= size_t(plan.parameter_count()) * sizeof(float));
  CHECK(use.gradients == use.parameters);
  CHECK(Net<float>::memory_use(plan, *device, {.batch = kBatch, .training = false}).gradients == 0);
}

TEST_CASE("the first layer with a value that is not finite is named") {
  const auto device = open_cpu({});
  Net<float> net(plan_text<float>(kBranches), *device, {.batch = kBatch});
  net.initialize(1);
  set_random_input(net, kBatch);
  net.forward(true, 1, 0);
  CHECK(net.first_not_finite().empty());
  CHECK(net.first_parameter_not_finite().empty());
  for (const Parameter<float>& p : net.parameters()) {
    const auto before = on_host(net, p.value, p.elements());
    auto broken = before;
    broken.back() = std::numeric_limits<float>::quiet_NaN();
    net.device().upload(p.value, broken.data(), broken.size() * sizeof(float));
    net.forward(true, 1, 0);
    CHECK(net.first_not_finite() == p.name.substr(0, p.name.find('.')));
    CHECK(net.first_parameter_not_finite() == p.name);
    net.device().upload(p.value, before.data(), before.size() * sizeof(float));
  }
  const float infinity = std::numeric_limits<float>::infinity();
  net.device().upload(net.input(), &infinity, sizeof infinity);
  net.forward(true, 1, 0);
  CHECK(net.first_not_finite() == "input");
}

TEST_CASE("a layer that overflows is named, not those after it") {
  const auto device = open_cpu({});
  Net<float> net(plan_text<float>(kBranches), *device, {.batch = kBatch});
  net.initialize(1);
  for (const Parameter<float>& p : net.parameters()) {
    if (p.name != "right.weights") continue;
    const std::vector<float> huge(p.elements(), 3e38f);
    net.device().upload(p.value, huge.data(), huge.size() * sizeof(float));
  }
  set_random_input(net, kBatch);
  net.forward(true, 1, 0);
  CHECK(net.first_not_finite() == "right");
}

TEST_CASE("times are added up layer by layer") {
  const auto device = open_cpu({});
  Net<float> net(plan_text<float>(kBranches), *device, {.batch = kBatch});
  net.initialize(1);
  set_random_input(net, kBatch);
  LayerTimes times;
  net.measure(&times);
  net.forward(true, 1, 0);
  net.backward();
  net.measure(nullptr);
  REQUIRE(times.forward.size() == net.plan().layers.size());
  REQUIRE(times.backward.size() == net.plan().layers.size());
  for (size_t l = 0; l < times.forward.size(); ++l) {
    CHECK(times.forward[l] > 0);
    CHECK(times.backward[l] > 0);
  }
}
