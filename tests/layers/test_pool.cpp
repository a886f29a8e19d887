#include <catch2/catch.hpp>
#include <cmath>
#include <limits>

#include "layers/window.h"
#include "tests/layers/layer_check.h"

namespace tandem::test {
namespace {

struct Geometry {
  ImageShape input;
  int kernel, stride;
  Padding pad;
  std::string rounding;
  int out_height, out_width;  // worked out by hand
};

const Geometry kGeometries[] = {
    {{7, 7, 3}, 3, 2, {0, 0, 0, 0}, "floor", 3, 3},  // overlapping
    {{6, 8, 2}, 2, 2, {0, 0, 0, 0}, "floor", 3, 4},
    {{8, 8, 2}, 3, 2, {0, 0, 0, 0}, "ceil", 4, 4},  // hangs over by one pixel, as in the CIFAR nets
    {{5, 6, 1}, 3, 2, {1, 0, 1, 2}, "floor", 3, 3},
    {{4, 4, 2}, 2, 3, {1, 1, 1, 1}, "ceil", 2, 2},
    {{3, 3, 1}, 2, 2, {0, 0, 1, 1}, "ceil", 2, 2},
    {{5, 5, 2}, 2, 3, {0, 0, 1, 1}, "ceil", 2, 2},  // ceil would begin a third window at pixel 6 of 5: dropped
    {{6, 5, 1}, 1, 2, {0, 0, 0, 0}, "floor", 3, 3},
};

LayerCase case_of(const std::string& type, const Geometry& g) {
  return {.name = "net.toml",
          .toml = "type = '" + type + "'\nkernel = " + std::to_string(g.kernel) +
                  "\nstride = " + std::to_string(g.stride) + "\nrounding = '" + g.rounding + "'\npad = [" +
                  std::to_string(g.pad.top) + ", " + std::to_string(g.pad.left) + ", " + std::to_string(g.pad.bottom) +
                  ", " + std::to_string(g.pad.right) + "]",
          .inputs = {g.input},
          .batch = 2};
}

// The real pixels of each output's window, reduced.
template <class Reduce>
Reference over_windows(const Geometry& g, Reduce reduce) {
  return [=](const std::vector<Values>& inputs, const std::vector<Values>&) {
    Values y;
    for (int n = 0; n < 2; ++n)
      for (int oh = 0; oh < g.out_height; ++oh)
        for (int ow = 0; ow < g.out_width; ++ow)
          for (int c = 0; c < g.input.channels; ++c) {
            Values window;
            for (int kh = 0; kh < g.kernel; ++kh)
              for (int kw = 0; kw < g.kernel; ++kw) {
                const int h = oh * g.stride + kh - g.pad.top, w = ow * g.stride + kw - g.pad.left;
                if (h < 0 || h >= g.input.height || w < 0 || w >= g.input.width) continue;
                window.push_back(inputs[0][((n * g.input.height + h) * g.input.width + w) * g.input.channels + c]);
              }
            y.push_back(reduce(window));
          }
    return y;
  };
}

double largest(const Values& window) { return *std::max_element(window.begin(), window.end()); }
double sum(const Values& window) {
  double sum = 0;
  for (const double x : window) sum += x;
  return sum;
}

}  // namespace

TEST_CASE("max-pool takes each window's maximum and its gradients equal differences", "[layers]") {
  for (const Geometry& g : kGeometries) check_layer(case_of("max-pool", g), over_windows(g, largest));
}

TEST_CASE("average-pool takes each window's mean and its gradients equal differences", "[layers]") {
  for (const Geometry& g : kGeometries) {
    check_layer(case_of("average-pool", g),
                over_windows(g, [](const Values& window) { return sum(window) / double(window.size()); }));
    const int cells = g.kernel * g.kernel;
    LayerCase counting = case_of("average-pool", g);
    counting.toml += "\ncount_padding = true";
    check_layer(counting, over_windows(g, [=](const Values& window) { return sum(window) / cells; }));
  }
}

TEST_CASE("global-average-pool takes each channel's mean and its gradients equal differences", "[layers]") {
  const Reference mean = [](const std::vector<Values>& inputs, const std::vector<Values>&) {
    Values y(2 * 5, 0);
    for (int n = 0; n < 2; ++n)
      for (int pixel = 0; pixel < 12; ++pixel)
        for (int c = 0; c < 5; ++c) y[n * 5 + c] += inputs[0][(n * 12 + pixel) * 5 + c] / 12;
    return y;
  };
  check_layer({.name = "net.toml", .toml = "type = 'global-average-pool'", .inputs = {{3, 4, 5}}, .batch = 2}, mean);
}

TEST_CASE("windows are counted by floor and by ceil", "[layers]") {
  const auto count = [](Rounding rounding, long size, int kernel, int stride, int pad) {
    return windows_along(size, pad, pad, {kernel, stride, {pad, pad, pad, pad}, rounding});
  };
  for (const Geometry& g : kGeometries) {
    const Window window{g.kernel, g.stride, g.pad, g.rounding == "ceil" ? Rounding::ceil : Rounding::floor};
    CHECK(windows_over(g.input, window, 7, "here") == ImageShape{g.out_height, g.out_width, 7});
  }
  CHECK(count(Rounding::floor, 55, 3, 2, 0) == 27);  // the 2012 net
  CHECK(count(Rounding::floor, 32, 3, 2, 0) == 15);
  CHECK(count(Rounding::ceil, 32, 3, 2, 0) == 16);  // the CIFAR nets
  CHECK(windows_along(224, 0, 3, {11, 4, {0, 0, 3, 3}, Rounding::floor}) == 55);
}

TEST_CASE("pools refuse what cannot be", "[layers]") {
  for (const std::string type : {"max-pool", "average-pool"}) {
    const std::string pool = "type = '" + type + "'\n";
    check_refused(pool + "kernel = 3\nstride = 2", {{2, 5, 1}}, {"3x3", "2x5x1"});
    check_refused(pool + "kernel = 3\nstride = 2\npad = [0, 0, 3, 0]", {{5, 5, 1}}, {"pad", "3", "any pixel"});
    check_refused(pool + "kernel = 3\nstride = 2\nrounding = 'up'", {{5, 5, 1}}, {"rounding", "'up'"});
    check_refused(pool + "kernel = 3", {{5, 5, 1}}, {"stride", "missing"});
    check_refused(pool + "kernel = 3\nstride = 2", {{5, 5, 1}, {5, 5, 1}}, {"one input"});
  }
  check_refused("type = 'max-pool'\nkernel = 17\nstride = 1", {{20, 20, 1}}, {"at most 16", "17"});
  check_refused("type = 'global-average-pool'\nkernel = 2", {{5, 5, 1}}, {"kernel"});
}

}  // namespace tandem::test
