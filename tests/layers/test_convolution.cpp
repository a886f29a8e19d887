#include <catch2/catch.hpp>

#include "layers/convolution_plan.h"
#include "tests/layers/layer_check.h"

namespace tandem::test {
namespace {

Convolution shape_of(int batch, ImageShape in, int outputs, int kernel, int stride, int groups, Padding pad) {
  return {.batch = batch,
          .height = in.height,
          .width = in.width,
          .channels = in.channels,
          .out_channels = outputs,
          .kernel = kernel,
          .stride = stride,
          .groups = groups,
          .pad = pad,
          .out_height = (in.height + pad.top + pad.bottom - kernel) / stride + 1,
          .out_width = (in.width + pad.left + pad.right - kernel) / stride + 1};
}

LayerCase case_of(const Convolution& c) {
  const auto number = [](int n) { return std::to_string(n); };
  return {.name = "net.toml",
          .toml = "type = 'convolution'\noutputs = " + number(c.out_channels) + "\nkernel = " + number(c.kernel) +
                  "\nstride = " + number(c.stride) + "\ngroups = " + number(c.groups) + "\npad = [" +
                  number(c.pad.top) + ", " + number(c.pad.left) + ", " + number(c.pad.bottom) + ", " +
                  number(c.pad.right) + "]",
          .inputs = {{c.height, c.width, c.channels}},
          .batch = c.batch};
}

// One output value: the definition of a grouped convolution.
double output_at(const Convolution& c, const Values& x, const Values& w, int n, int oh, int ow, int o) {
  double sum = 0;
  const int group = o / c.group_outputs();
  for (int kh = 0; kh < c.kernel; ++kh)
    for (int kw = 0; kw < c.kernel; ++kw) {
      const int h = oh * c.stride + kh - c.pad.top, column = ow * c.stride + kw - c.pad.left;
      if (h < 0 || h >= c.height || column < 0 || column >= c.width) continue;
      for (int i = 0; i < c.group_channels(); ++i)
        sum += x[((size_t(n) * c.height + h) * c.width + column) * c.channels + group * c.group_channels() + i] *
               w[((size_t(o) * c.kernel + kh) * c.kernel + kw) * c.group_channels() + i];
    }
  return sum;
}

Reference reference_of(const Convolution& c) {
  return [c](const std::vector<Values>& inputs, const std::vector<Values>& parameters) {
    Values y;
    for (int n = 0; n < c.batch; ++n)
      for (int oh = 0; oh < c.out_height; ++oh)
        for (int ow = 0; ow < c.out_width; ++ow)
          for (int o = 0; o < c.out_channels; ++o)
            y.push_back(output_at(c, inputs[0], parameters[0], n, oh, ow, o) +
                        (parameters.size() > 1 ? parameters[1][o] : 0));
    return y;
  };
}

const Convolution kShapes[] = {
    shape_of(2, {5, 6, 3}, 4, 3, 1, 1, {1, 1, 1, 1}),  // the usual
    shape_of(2, {6, 6, 4}, 6, 3, 1, 2, {1, 1, 1, 1}),  // two columns
    shape_of(1, {9, 8, 2}, 3, 4, 3, 1, {0, 0, 2, 3}),  // strided, padded right and bottom as the 2012 conv1
    shape_of(3, {4, 5, 6}, 4, 1, 1, 2, {0, 0, 0, 0}),  // the input is the im2col matrix, in groups
    shape_of(2, {5, 5, 4}, 2, 1, 2, 1, {0, 0, 0, 0}),  // pixels that no window reads
    shape_of(3, {4, 4, 3}, 5, 4, 1, 1, {0, 0, 0, 0}),  // the kernel covers the image: the matrix again
    shape_of(2, {4, 4, 2}, 4, 4, 1, 2, {0, 0, 0, 0}),  // it covers the image, but in groups
    shape_of(1, {3, 4, 2}, 2, 2, 1, 1, {2, 3, 1, 0}),  // windows wholly in the padding
    shape_of(2, {5, 4, 2}, 3, 3, 1, 1, {2, 0, 1, 2}),  // uneven padding, all below the kernel
    shape_of(1, {4, 4, 4}, 4, 3, 1, 4, {1, 1, 1, 1}),  // a group a channel
    shape_of(2, {7, 7, 2}, 3, 5, 1, 1, {0, 0, 0, 0}),  // far fewer outputs than inputs
};

double relative_distance(const Values& a, const Values& b) { return l2_distance(a, b) / l2_norm(b); }

}  // namespace

TEST_CASE("convolution equals its definition and its gradients equal differences", "[layers]") {
  for (const std::string algorithm : {"columns", "direct", "implicit"}) {
    INFO(algorithm);
    for (const Convolution& shape : kShapes) {
      LayerCase layer_case = case_of(shape);
      layer_case.toml += "\nalgorithm = '" + algorithm + "'";
      check_layer(layer_case, reference_of(shape));
    }
  }
}

TEST_CASE("convolution without bias has one parameter", "[layers]") {
  LayerCase layer_case = case_of(kShapes[0]);
  layer_case.toml += "\nbias = false";
  REQUIRE(planned(layer_case.toml, layer_case.inputs)->parameters().size() == 1);
  check_layer(layer_case, reference_of(kShapes[0]));
}

TEST_CASE("convolutions of many tiles have the same bits for any threads and workspace", "[layers]") {
  const Convolution shape = shape_of(7, {23, 21, 8}, 20, 5, 1, 2, {2, 2, 2, 2});
  const LayerCase layer_case = case_of(shape);
  const Operands operands = random_operands(layer_case);
  const std::unique_ptr<Device> one = open_cpu_with(1);
  const ConvolutionPlan plan(shape, *one, sizeof(float));
  REQUIRE(plan.tiles > 2);
  REQUIRE(plan.partial_sums > 2);

  const Outcome in_float = run_layer<float>(layer_case, operands, *one);
  for (const int threads : {2, 3})
    for (const size_t workspace_cap : {size_t(0), size_t(1), size_t(1) << 20})
      CHECK(run_layer<float>(layer_case, operands, *open_cpu_with(threads, workspace_cap)) == in_float);

  const Outcome in_double = run_layer<double>(layer_case, operands, *one);
  CHECK(relative_distance(in_double.output, reference_of(shape)(operands.inputs, operands.parameters)) < 1e-13);
  CHECK(relative_distance(in_float.output, in_double.output) < 1e-6);
  CHECK(relative_distance(in_float.input_gradients[0], in_double.input_gradients[0]) < 1e-6);
  CHECK(relative_distance(in_float.parameter_gradients[0], in_double.parameter_gradients[0]) < 1e-6);
  CHECK(relative_distance(in_float.parameter_gradients[1], in_double.parameter_gradients[1]) < 1e-6);
}

// sum over r of (dw . w) = sum(y dy) without bias: the passes are one bilinear form, whatever tiles they use.
TEST_CASE("forward, weight gradient and data gradient of many tiles are one bilinear form", "[layers]") {
  LayerCase layer_case = case_of(shape_of(9, {27, 25, 6}, 10, 5, 2, 2, {0, 1, 2, 3}));
  layer_case.toml += "\nbias = false";
  const Operands operands = random_operands(layer_case);
  const Outcome outcome = run_layer<double>(layer_case, operands, *open_cpu_with(2));
  const auto dot = [](const Values& a, const Values& b) {
    double sum = 0;
    for (size_t i = 0; i < a.size(); ++i) sum += a[i] * b[i];
    return sum;
  };
  const double form = dot(outcome.output, operands.output_gradient);
  CHECK(dot(outcome.parameter_gradients[0], operands.parameters[0]) == Approx(form).epsilon(1e-11));
  CHECK(dot(outcome.input_gradients[0], operands.inputs[0]) == Approx(form).epsilon(1e-11));
}

TEST_CASE("convolution declares its shapes, parameters and work", "[layers]") {
  // conv2 of the 2012 net: 27x27x96, 256 kernels of 5x5x48 in two groups.
  const auto layer = planned(
      "type = 'convolution'\noutputs = 256\nkernel = 5\npad = 2\ngroups = 2\n"
      "init = { weights = { normal = 0.01 }, bias = 1.0 }\nrate_multiplier = { biases = 2 }\n"
      "decay_multiplier = { biases = 0 }",
      {{27, 27, 96}});
  const std::vector<ParameterSpec> parameters = layer->parameters();
  REQUIRE(parameters.size() == 2);
  CHECK(parameters[0].name == "weights");
  CHECK(parameters[0].shape == std::vector<long>{256, 5, 5, 48});
  CHECK(parameters[0].fan_in == 1200);
  CHECK(parameters[0].fan_out == 3200);
  CHECK(parameters[0].initializer.kind == Initializer::Kind::normal);
  CHECK(parameters[0].initializer.value == 0.01);
  CHECK(parameters[0].rate_multiplier < 0);
  CHECK(parameters[1].is_bias());
  CHECK(parameters[1].shape == std::vector<long>{256});
  CHECK(parameters[1].initializer.value == 1);
  CHECK(parameters[1].rate_multiplier == 2);
  CHECK(parameters[1].decay_multiplier == 0);
  CHECK(layer->multiply_adds() == 27L * 27 * 256 * 1200);
}

TEST_CASE("convolution refuses what cannot be", "[layers]") {
  const std::string conv = "type = 'convolution'\n";
  check_refused(conv + "outputs = 4\nkernel = 7\npad = 1", {{4, 9, 3}}, {"7x7", "4x9x3", "6x11"});
  check_refused(conv + "outputs = 4\nkernel = 3\ngroups = 2", {{5, 5, 3}}, {"3 input channels", "2 groups"});
  check_refused(conv + "outputs = 5\nkernel = 3\ngroups = 2", {{5, 5, 4}}, {"5 outputs", "2 groups"});
  check_refused(conv + "outputs = 0\nkernel = 3", {{5, 5, 4}}, {"outputs"});
  check_refused(conv + "outputs = 4\nkernel = 3\nstride = 0", {{5, 5, 4}}, {"stride"});
  check_refused(conv + "outputs = 4\nkernel = 3\npad = -1", {{5, 5, 4}}, {"pad", "-1"});
  check_refused(conv + "outputs = 4\nkernel = 3\npad = [1, 2]", {{5, 5, 4}}, {"pad", "found 2", "top, left"});
  check_refused(conv + "outputs = 4\nkernel = 3\npad = 100000", {{5, 5, 4}}, {"pad", "32768"});
  check_refused(conv + "outputs = 4\nkernel = 3\nalgorithm = 'winograd'", {{5, 5, 4}},
                {"algorithm", "'columns', 'direct' or 'implicit'", "winograd"});
  check_refused(conv + "outputs = 4\nkernel = 3\nkernels = 4", {{5, 5, 4}}, {"kernels"});
  check_refused(conv + "outputs = 4\nkernel = 3\ninit = { biases = 1 }", {{5, 5, 4}}, {"biases", "bias"});
  check_refused(conv + "outputs = 4\nkernel = 3\nrate_multiplier = { weights = -1 }", {{5, 5, 4}}, {"negative"});
  check_refused(conv + "outputs = 4\nkernel = 3", {{5, 5, 4}, {5, 5, 4}}, {"one input", "2"});
  check_refused(conv + "outputs = 2000000\nkernel = 3\npad = 1", {{100, 100, 4}}, {"100x100x2000000"});
  check_refused(conv + "outputs = 2000000\nkernel = 60", {{60, 60, 4}}, {"2^31 weights"});
}

}  // namespace tandem::test
