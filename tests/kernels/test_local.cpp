// The locally connected layer against its definition in float64 loops.
#include <algorithm>
#include <catch2/catch.hpp>
#include <vector>

#include "kernels/table.h"
#include "tests/kernels/buffer.h"
#include "tests/kernels/streams.h"

namespace tandem::test {
namespace {

const std::vector<Local> kCases = {
    {.batch = 5,
     .height = 4,
     .width = 3,
     .channels = 64,
     .out_channels = 32,
     .kernel = 3,
     .pad = {1, 1, 1, 1},
     .out_height = 4,
     .out_width = 3},
    {.batch = 9,
     .height = 5,
     .width = 4,
     .channels = 16,
     .out_channels = 5,
     .kernel = 3,
     .stride = 2,
     .pad = {0, 1, 2, 0},
     .out_height = 3,
     .out_width = 2},
    {.batch = 2,
     .height = 5,
     .width = 6,
     .channels = 3,
     .out_channels = 33,
     .kernel = 2,
     .pad = {},
     .out_height = 4,
     .out_width = 5},
    {.batch = 4,
     .height = 3,
     .width = 3,
     .channels = 5,
     .out_channels = 1,
     .kernel = 3,
     .stride = 1,
     .pad = {},
     .out_height = 1,
     .out_width = 1},
    {.batch = 1,
     .height = 7,
     .width = 5,
     .channels = 1,
     .out_channels = 12,
     .kernel = 1,
     .stride = 3,
     .pad = {},
     .out_height = 3,
     .out_width = 2},  // most pixels are read by no filter
    {.batch = 3,
     .height = 2,
     .width = 3,
     .channels = 33,
     .out_channels = 96,
     .kernel = 5,
     .pad = {2, 2, 2, 2},
     .out_height = 2,
     .out_width = 3},
};

size_t inputs(const Local& p) { return size_t(p.batch) * p.height * p.width * p.channels; }
size_t biases(const Local& p) { return size_t(p.out_height) * p.out_width * p.out_channels; }
size_t outputs(const Local& p) { return p.batch * biases(p); }
size_t weights(const Local& p) { return biases(p) * p.kernel * p.kernel * p.channels; }

struct Reference {
  std::vector<double> y, dx, dw, dbias;
};

Reference reference(const std::vector<double>& x, const std::vector<double>& w, const std::vector<double>& bias,
                    const std::vector<double>& dy, const Local& p) {
  Reference r{std::vector<double>(dy.size()), std::vector<double>(x.size()), std::vector<double>(w.size()),
              std::vector<double>(bias.size())};
  for (size_t output = 0; output < dy.size(); ++output) {
    const size_t image = output / biases(p), unit = output % biases(p);
    const int position = int(unit / p.out_channels), oh = position / p.out_width, ow = position % p.out_width;
    r.y[output] = bias[unit];
    r.dbias[unit] += dy[output];
    for (int kh = 0; kh < p.kernel; ++kh) {
      for (int kw = 0; kw < p.kernel; ++kw) {
        const int h = oh * p.stride - p.pad.top + kh, v = ow * p.stride - p.pad.left + kw;
        if (h < 0 || h >= p.height || v < 0 || v >= p.width) continue;
        for (int c = 0; c < p.channels; ++c) {
          const size_t input = ((image * p.height + h) * p.width + v) * p.channels + c;
          const size_t weight = ((unit * p.kernel + kh) * p.kernel + kw) * p.channels + c;
          r.y[output] += w[weight] * x[input];
          r.dx[input] += w[weight] * dy[output];
          r.dw[weight] += x[input] * dy[output];
        }
      }
    }
  }
  return r;
}

template <class T>
struct Result {
  Aligned<T> y, dx;
  Aligned<Compute<T>> dw, dbias;
  bool same_bits(const Result& other) const {
    return y.same_bits(other.y) && dx.same_bits(other.dx) && dw.same_bits(other.dw) && dbias.same_bits(other.dbias);
  }
};

template <class T>
Result<T> run(Stream stream, const Aligned<T>& x, const Aligned<T>& w, const Aligned<Compute<T>>& bias,
              const Aligned<T>& dy, const Local& p) {
  Result<T> r{Aligned<T>(dy.size()), Aligned<T>(x.size()), Aligned<Compute<T>>(w.size()),
              Aligned<Compute<T>>(bias.size())};
  test::table<T>().local_forward(stream, x.data(), w.data(), bias.data(), r.y.data(), p);
  test::table<T>().local_backward_data(stream, dy.data(), w.data(), r.dx.data(), p);
  test::table<T>().local_backward_weights(stream, x.data(), dy.data(), r.dw.data(), r.dbias.data(), p, false);
  return r;
}

// Errors grow with the sums: sqrt(576 taps) roundings, and in bf16 the result's own, relative to a sum of that size.
template <class T>
constexpr double long_sum_tolerance() {
  return 10 * tolerance<T>();
}

TEMPLATE_TEST_CASE("local follows its definition, forward and backward", "[local]", float, double, bf16) {
  for (const Local& p : kCases) {
    CAPTURE(p.batch, p.height, p.width, p.channels, p.out_channels, p.kernel, p.stride);
    const auto x = random_buffer<TestType>(inputs(p), 1), w = random_buffer<TestType>(weights(p), 2);
    const auto bias = random_buffer<Compute<TestType>>(biases(p), 3);
    const auto dy = random_buffer<TestType>(outputs(p), 4);
    const Reference expected = reference(to_double(x), to_double(w), to_double(bias), to_double(dy), p);
    const auto actual = same_on_every_stream([&](Stream stream) { return run<TestType>(stream, x, w, bias, dy, p); });
    CHECK(worst_error(actual.y, expected.y) < long_sum_tolerance<TestType>());
    CHECK(worst_error(actual.dx, expected.dx) < long_sum_tolerance<TestType>());
    CHECK(worst_error(actual.dw, expected.dw) < long_sum_tolerance<Compute<TestType>>());
    CHECK(worst_error(actual.dbias, expected.dbias) < long_sum_tolerance<Compute<TestType>>());
  }
}

TEST_CASE("local adds to the parameters' old gradients when asked to", "[local]") {
  for (const Local& p : kCases) {
    CAPTURE(p.channels, p.out_channels);
    const auto x = random_buffer<double>(inputs(p), 1), dy = random_buffer<double>(outputs(p), 4);
    Aligned<double> once_w(weights(p)), once_bias(biases(p)), w(weights(p), 1.5), bias(biases(p), -0.5);
    test::table<double>().local_backward_weights(nullptr, x.data(), dy.data(), once_w.data(), once_bias.data(), p,
                                                 false);
    test::table<double>().local_backward_weights(nullptr, x.data(), dy.data(), w.data(), bias.data(), p, true);
    for (size_t i = 0; i < w.size(); ++i) REQUIRE(w[i] == 1.5 + once_w[i]);
    for (size_t i = 0; i < bias.size(); ++i) REQUIRE(bias[i] == -0.5 + once_bias[i]);
  }
}

TEST_CASE("local's gradients agree with central differences", "[local]") {
  const Local p{.batch = 2,
                .height = 4,
                .width = 3,
                .channels = 2,
                .out_channels = 3,
                .kernel = 3,
                .stride = 2,
                .pad = {1, 1, 0, 0},
                .out_height = 2,
                .out_width = 1};
  Aligned<double> x = random_buffer<double>(inputs(p), 1), w = random_buffer<double>(weights(p), 2);
  Aligned<double> bias = random_buffer<double>(biases(p), 3);
  const auto dy = random_buffer<double>(outputs(p), 4);
  const Result<double> result = run<double>(nullptr, x, w, bias, dy, p);
  const auto objective = [&] {  // sum of y * dy
    const Result<double> r = run<double>(nullptr, x, w, bias, dy, p);
    double sum = 0;
    for (size_t i = 0; i < dy.size(); ++i) sum += r.y[i] * dy[i];
    return sum;
  };
  const auto check = [&](Aligned<double>& variable, const Aligned<double>& gradient) {
    const double h = 1e-3;  // the function is linear in each of them
    for (size_t i = 0; i < variable.size(); ++i) {
      const double value = variable[i];
      variable[i] = value + h;
      const double above = objective();
      variable[i] = value - h;
      const double below = objective();
      variable[i] = value;
      CHECK(gradient[i] == Approx((above - below) / (2 * h)).margin(1e-10));
    }
  };
  check(x, result.dx);
  check(w, result.dw);
  check(bias, result.dbias);
}

}  // namespace
}  // namespace tandem::test
