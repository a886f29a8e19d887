#include <catch2/catch.hpp>

#include "tests/layers/layer_check.h"

namespace tandem::test {
namespace {

struct Geometry {
  int batch, outputs, kernel, stride, pad;
  ImageShape input;
  int out_height() const { return (input.height + 2 * pad - kernel) / stride + 1; }
  int out_width() const { return (input.width + 2 * pad - kernel) / stride + 1; }
};

// A filter of its own, [kernel][kernel][channels], for every output value of an image.
Reference unshared_convolution(const Geometry& g) {
  return [g](const std::vector<Values>& inputs, const std::vector<Values>& parameters) {
    Values y;
    const int channels = g.input.channels;
    for (int n = 0; n < g.batch; ++n) {
      size_t filter = 0;
      for (int oh = 0; oh < g.out_height(); ++oh)
        for (int ow = 0; ow < g.out_width(); ++ow)
          for (int o = 0; o < g.outputs; ++o, ++filter) {
            double sum = parameters[1][filter];
            for (int kh = 0; kh < g.kernel; ++kh)
              for (int kw = 0; kw < g.kernel; ++kw)
                for (int c = 0; c < channels; ++c) {
                  const int h = oh * g.stride + kh - g.pad, w = ow * g.stride + kw - g.pad;
                  if (h < 0 || h >= g.input.height || w < 0 || w >= g.input.width) continue;
                  sum += inputs[0][((size_t(n) * g.input.height + h) * g.input.width + w) * channels + c] *
                         parameters[0][((filter * g.kernel + kh) * g.kernel + kw) * channels + c];
                }
            y.push_back(sum);
          }
    }
    return y;
  };
}

}  // namespace

TEST_CASE("local equals an unshared convolution and its gradients equal differences", "[layers]") {
  for (const Geometry& g : {Geometry{2, 3, 3, 1, 1, {4, 5, 2}}, Geometry{1, 2, 2, 2, 0, {5, 4, 3}}}) {
    const LayerCase layer_case{.name = "net.toml",
                               .toml = "type = 'local'\noutputs = " + std::to_string(g.outputs) +
                                       "\nkernel = " + std::to_string(g.kernel) +
                                       "\nstride = " + std::to_string(g.stride) + "\npad = " + std::to_string(g.pad),
                               .inputs = {g.input},
                               .batch = g.batch};
    check_layer(layer_case, unshared_convolution(g));
  }
}

TEST_CASE("local declares its parameters and work", "[layers]") {
  // The first local layer of the CIFAR-10 nets.
  const auto layer = planned(
      "type = 'local'\noutputs = 32\nkernel = 3\npad = 1\ninit = { weights = { normal = 0.04 } }", {{8, 8, 64}});
  const std::vector<ParameterSpec> parameters = layer->parameters();
  CHECK(parameters[0].shape == std::vector<long>{8, 8, 32, 3, 3, 64});
  CHECK(parameters[0].fan_in == 576);
  CHECK(parameters[1].shape == std::vector<long>{8, 8, 32});
  CHECK(layer->multiply_adds() == 8L * 8 * 32 * 576);
}

TEST_CASE("local refuses what cannot be", "[layers]") {
  check_refused("type = 'local'\noutputs = 2\nkernel = 5", {{4, 4, 1}}, {"5x5", "4x4x1"});
  check_refused("type = 'local'\noutputs = 2\nkernel = 3\ngroups = 2", {{4, 4, 2}}, {"groups"});
  check_refused("type = 'local'\noutputs = 2000\nkernel = 11\npad = 5", {{100, 100, 10}}, {"2^31 weights"});
}

}  // namespace tandem::test
