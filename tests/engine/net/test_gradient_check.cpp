// Tests engine/net/gradient_check with layers of the test's own: right ones pass, wrong ones are caught.
#include "engine/net/gradient_check.h"

#include <catch2/catch.hpp>

#include "tests/engine/net_text.h"

using namespace tandem;

namespace {

// y = w x with one w for all. Its gradients are multiplied by `input` and `weights`: 1 where the layer is right.
class GainLayer final : public Layer<double> {
 public:
  explicit GainLayer(const Options& options)
      : input_error_(options.real("input", 1)), weights_error_(options.real("weights", 1)) {}

  ImageShape plan(std::span<const ImageShape> inputs) override { return shape_ = inputs[0]; }
  std::vector<ParameterSpec> parameters() const override {
    ParameterSpec spec;
    spec.name = "weights";
    spec.shape = {1};
    return {spec};
  }
  BackwardNeeds needs() const override { return {.input = true}; }

  void forward(const ForwardPass<double>& pass) override {
    for (long i = 0; i < shape_.elements() * pass.batch; ++i)
      pass.output[i] = pass.parameters[0][0] * pass.inputs[0][i];
  }
  void backward(const BackwardPass<double>& pass) override {
    double sum = 0;
    for (long i = 0; i < shape_.elements() * pass.batch; ++i) {
      sum += pass.inputs[0][i] * pass.output_gradient[i];
      pass.input_gradients[0][i] = input_error_ * pass.parameters[0][0] * pass.output_gradient[i];
    }
    pass.parameter_gradients[0][0] = weights_error_ * sum;
  }

 private:
  double input_error_, weights_error_;
  ImageShape shape_;
};

std::string net_with(const std::string& layer) {
  return R"(name = "checked"
input = { height = 2, width = 2, channels = 3 }
classes = 3
[[layer]]
name = "middle"
)" + layer +
         R"(
[[layer]]
name = "fc"
type = "fully-connected"
outputs = 3
[[layer]]
name = "loss"
type = "softmax-cross-entropy"
)";
}

LayerRegistry<double> registry() {
  LayerRegistry<double> types = layer_registry<double>();
  types["gain"] = [](const Options& options) { return std::make_unique<GainLayer>(options); };
  return types;
}

std::map<std::string, TensorCheck> check(const std::string& layer, double scale_input = 1) {
  const auto device = open_cpu({});
  Net<double> net(plan_text<double>(net_with(layer), registry()), *device, {.batch = 2, .input_gradient = true});
  set_random_input(net, 2);
  auto pixels = on_host(net, net.input(), 2 * net.plan().input.elements());
  for (double& pixel : pixels) pixel *= scale_input;
  net.device().upload(net.input(), pixels.data(), pixels.size() * sizeof(double));
  std::map<std::string, TensorCheck> checks;
  for (const TensorCheck& tensor : check_gradients(net)) checks[tensor.name] = tensor;
  return checks;
}

}  // namespace

TEST_CASE("right gradients pass") {
  const auto checks = check("type = 'gain'");
  CHECK(checks.size() == 4);
  for (const std::string name : {"middle.weights", "fc.weights", "fc.biases", "input"}) {
    INFO(name << ": " << checks.at(name).error);
    CHECK(checks.at(name).passed);
    CHECK(checks.at(name).error < 1e-8);
  }
}

TEST_CASE("a wrong parameter gradient is caught and named") {
  const auto checks = check("type = 'gain'\nweights = 1.001");
  CHECK_FALSE(checks.at("middle.weights").passed);
  CHECK(checks.at("middle.weights").error == Approx(0.001 / 1.001).epsilon(1e-3));
  CHECK(checks.at("fc.weights").passed);
  CHECK(checks.at("input").passed);
}

TEST_CASE("a wrong input gradient is caught") {
  const auto checks = check("type = 'gain'\ninput = 1.00001");
  CHECK_FALSE(checks.at("input").passed);
  CHECK(checks.at("middle.weights").passed);
}

TEST_CASE("a missing gradient is caught") {
  CHECK_FALSE(check("type = 'gain'\ninput = 0").at("input").passed);
  CHECK_FALSE(check("type = 'gain'\nweights = 0").at("middle.weights").passed);
}

TEST_CASE("kinks are skipped, and nothing compared is no success") {
  // All inputs within 1e-6 of the ReLU's kink, the step is ten times larger.
  const auto checks = check("type = 'relu'", 2e-7);
  CHECK(checks.at("input").kinks > 0);
  CHECK(checks.at("input").checked == 0);
  CHECK_FALSE(checks.at("input").passed);
  CHECK(check("type = 'relu'").at("input").passed);
}
