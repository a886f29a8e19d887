// Average pooling against its definition in float64 loops.
#include <catch2/catch.hpp>
#include <vector>

#include "kernels/table.h"
#include "tests/kernels/buffer.h"
#include "tests/kernels/streams.h"

namespace tandem::test {
namespace {

// Output sizes are given, as a layer would work them out by floor or by ceil.
const std::vector<Pool> kCases = {
    {.batch = 2,
     .height = 9,
     .width = 7,
     .channels = 96,
     .kernel_height = 3,
     .kernel_width = 3,
     .stride = 2,
     .pad = {},
     .out_height = 4,
     .out_width = 3},
    {.batch = 2,
     .height = 8,
     .width = 6,
     .channels = 33,
     .kernel_height = 3,
     .kernel_width = 3,
     .stride = 2,
     .pad = {},
     .out_height = 4,
     .out_width = 3},  // ceil: the last windows hang over the edge
    {.batch = 1,
     .height = 7,
     .width = 8,
     .channels = 32,
     .kernel_height = 3,
     .kernel_width = 3,
     .stride = 2,
     .pad = {0, 1, 2, 0},
     .out_height = 4,
     .out_width = 4},
    {.batch = 1,
     .height = 7,
     .width = 9,
     .channels = 3,
     .kernel_height = 2,
     .kernel_width = 2,
     .stride = 3,
     .pad = {},
     .out_height = 2,
     .out_width = 3},  // some pixels belong to no window
    {.batch = 2,
     .height = 6,
     .width = 5,
     .channels = 1,
     .kernel_height = 3,
     .kernel_width = 2,
     .stride = 1,
     .pad = {1, 1, 1, 0},
     .out_height = 6,
     .out_width = 5},
    {.batch = 3,
     .height = 6,
     .width = 13,
     .channels = 64,
     .kernel_height = 6,
     .kernel_width = 13,
     .stride = 1,
     .pad = {},
     .out_height = 1,
     .out_width = 1},  // global
    {.batch = 2,
     .height = 20,
     .width = 18,
     .channels = 5,
     .kernel_height = 20,
     .kernel_width = 18,
     .stride = 1,
     .pad = {},
     .out_height = 1,
     .out_width = 1},
};

size_t inputs(const Pool& p) { return size_t(p.batch) * p.height * p.width * p.channels; }
size_t outputs(const Pool& p) { return size_t(p.batch) * p.out_height * p.out_width * p.channels; }

struct Reference {
  std::vector<double> y, dx;
};

Reference reference(const std::vector<double>& x, const std::vector<double>& dy, const Pool& p) {
  Reference r{std::vector<double>(dy.size()), std::vector<double>(x.size())};
  size_t output = 0;
  for (int image = 0; image < p.batch; ++image) {
    for (int oh = 0; oh < p.out_height; ++oh) {
      for (int ow = 0; ow < p.out_width; ++ow) {
        for (int c = 0; c < p.channels; ++c, ++output) {
          std::vector<size_t> window;
          for (int kh = 0; kh < p.kernel_height; ++kh) {
            for (int kw = 0; kw < p.kernel_width; ++kw) {
              const int h = oh * p.stride - p.pad.top + kh, w = ow * p.stride - p.pad.left + kw;
              if (h < 0 || h >= p.height || w < 0 || w >= p.width) continue;
              window.push_back(((size_t(image) * p.height + h) * p.width + w) * p.channels + c);
            }
          }
          const double divisor = p.count_padding ? p.kernel_height * p.kernel_width : double(window.size());
          for (const size_t input : window) {
            r.y[output] += x[input] / divisor;
            r.dx[input] += dy[output] / divisor;
          }
        }
      }
    }
  }
  return r;
}

template <class T>
struct Result {
  Aligned<T> y, dx;
  bool same_bits(const Result& other) const { return y.same_bits(other.y) && dx.same_bits(other.dx); }
};

template <class T>
Result<T> run(Stream stream, const Aligned<T>& x, const Aligned<T>& dy, const Pool& p) {
  Result<T> r{Aligned<T>(dy.size()), Aligned<T>(x.size())};
  test::table<T>().average_pool_forward(stream, x.data(), r.y.data(), p);
  test::table<T>().average_pool_backward(stream, dy.data(), r.dx.data(), p);
  return r;
}

TEMPLATE_TEST_CASE("average_pool follows its definition, forward and backward", "[average_pool]", float, double, bf16) {
  for (Pool p : kCases) {
    for (const bool count_padding : {false, true}) {
      p.count_padding = count_padding;
      CAPTURE(p.height, p.width, p.channels, p.kernel_height, p.kernel_width, p.stride, count_padding);
      const auto x = random_buffer<TestType>(inputs(p), 1), dy = random_buffer<TestType>(outputs(p), 2);
      const Reference expected = reference(to_double(x), to_double(dy), p);
      const auto actual = same_on_every_stream([&](Stream stream) { return run<TestType>(stream, x, dy, p); });
      CHECK(worst_error(actual.y, expected.y) < tolerance<TestType>());
      CHECK(worst_error(actual.dx, expected.dx) < tolerance<TestType>());
    }
  }
}

TEST_CASE("average_pool's gradient agrees with central differences", "[average_pool]") {
  Pool p{.batch = 1,
         .height = 5,
         .width = 4,
         .channels = 2,
         .kernel_height = 3,
         .kernel_width = 3,
         .stride = 2,
         .pad = {1, 0, 1, 1},
         .out_height = 3,
         .out_width = 2};
  for (const bool count_padding : {false, true}) {
    p.count_padding = count_padding;
    const auto x = random_buffer<double>(inputs(p), 5), dy = random_buffer<double>(outputs(p), 6);
    const Result<double> result = run<double>(nullptr, x, dy, p);
    const auto objective = [&](size_t i, double step) {  // sum of y * dy with x[i] moved by step
      Aligned<double> moved = x;
      moved[i] += step;
      const Result<double> r = run<double>(nullptr, moved, dy, p);
      double sum = 0;
      for (size_t j = 0; j < dy.size(); ++j) sum += r.y[j] * dy[j];
      return sum;
    };
    const double h = 1e-3;  // the function is linear
    for (size_t i = 0; i < x.size(); ++i) {
      CHECK(result.dx[i] == Approx((objective(i, h) - objective(i, -h)) / (2 * h)).margin(1e-11));
    }
  }
}

}  // namespace
}  // namespace tandem::test
