// Local response normalisation across channels, against the formula of the 2012 paper (section 3.3) in float64 loops.
#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <vector>

#include "kernels/table.h"
#include "tests/kernels/buffer.h"
#include "tests/kernels/streams.h"

namespace tandem::test {
namespace {

const std::vector<Lrn> kCases = {
    {.batch = 2, .height = 3, .width = 2, .channels = 96},  // the paper's own numbers
    {.batch = 2, .height = 2, .width = 3, .channels = 96, .groups = 2, .alpha = 0.1, .k = 1},
    {.batch = 1, .height = 3, .width = 3, .channels = 256, .groups = 2, .alpha = 0.1, .k = 1},
    {.batch = 2, .height = 1, .width = 5, .channels = 1, .alpha = 0.3, .k = 1},
    {.batch = 2, .height = 3, .width = 2, .channels = 3, .alpha = 0.3, .k = 1},
    {.batch = 3, .height = 2, .width = 2, .channels = 5, .alpha = 0.3, .k = 1},
    {.batch = 1, .height = 3, .width = 2, .channels = 33, .alpha = 0.3, .k = 1},
    {.batch = 1, .height = 3, .width = 2, .channels = 33, .n = 3, .groups = 3, .alpha = 0.3, .k = 1},
    {.batch = 1, .height = 2, .width = 2, .channels = 64, .n = 9, .alpha = 0.01, .k = 1},
    {.batch = 1, .height = 2, .width = 2, .channels = 64, .n = 4, .alpha = 0.1, .beta = 0.5, .k = 1},  // even: as n = 5
    {.batch = 1, .height = 2, .width = 2, .channels = 16, .n = 1, .alpha = 0.1, .beta = 1, .k = 1},
    {.batch = 1, .height = 2, .width = 2, .channels = 5, .n = 33, .alpha = 0.1, .k = 1},  // wider than the channels
    {.batch = 1, .height = 2, .width = 2, .channels = 32, .alpha = 0.1, .beta = 0.6, .k = 1},
    {.batch = 1, .height = 1, .width = 2, .channels = 1031, .alpha = 0.1, .k = 1},  // a prime number of channels
};

size_t size_of(const Lrn& p) { return size_t(p.batch) * p.height * p.width * p.channels; }

struct Reference {
  std::vector<double> y, scale, dx;
};

// The gradient comes straight from the chain rule: every output spreads over the inputs of its own window.
Reference reference(const std::vector<double>& x, const std::vector<double>& dy, const Lrn& p) {
  Reference r{std::vector<double>(x.size()), std::vector<double>(x.size()), std::vector<double>(x.size())};
  const int group_channels = p.channels / p.groups;
  for (size_t pixel = 0; pixel < x.size(); pixel += p.channels) {
    for (int c = 0; c < p.channels; ++c) {
      const int group_begin = c / group_channels * group_channels;
      const int first = std::max(c - p.n / 2, group_begin);
      const int last = std::min(c + p.n / 2, group_begin + group_channels - 1);
      double sum = 0;
      for (int j = first; j <= last; ++j) sum += x[pixel + j] * x[pixel + j];
      const double scale = p.k + p.alpha * sum;
      r.scale[pixel + c] = scale;
      r.y[pixel + c] = x[pixel + c] / std::pow(scale, p.beta);
      r.dx[pixel + c] += dy[pixel + c] / std::pow(scale, p.beta);
      for (int j = first; j <= last; ++j) {
        r.dx[pixel + j] -=
            dy[pixel + c] * x[pixel + c] * p.beta * std::pow(scale, -p.beta - 1) * 2 * p.alpha * x[pixel + j];
      }
    }
  }
  return r;
}

template <class T>
struct Result {
  Aligned<T> y, scale, dx;
  bool same_bits(const Result& other) const {
    return y.same_bits(other.y) && scale.same_bits(other.scale) && dx.same_bits(other.dx);
  }
};

template <class T>
Result<T> run(Stream stream, const Aligned<T>& x, const Aligned<T>& dy, const Lrn& p) {
  Result<T> r{Aligned<T>(x.size()), Aligned<T>(x.size()), Aligned<T>(x.size())};
  test::table<T>().lrn_forward(stream, x.data(), r.y.data(), r.scale.data(), p);
  test::table<T>().lrn_backward(stream, x.data(), r.y.data(), r.scale.data(), dy.data(), r.dx.data(), p);
  return r;
}

TEMPLATE_TEST_CASE("lrn follows the paper's formula, forward and backward", "[lrn]", float, double, bf16) {
  for (const Lrn& p : kCases) {
    CAPTURE(p.channels, p.n, p.groups, p.beta);
    const auto x = random_buffer<TestType>(size_of(p), 1), dy = random_buffer<TestType>(size_of(p), 2);
    const Reference expected = reference(to_double(x), to_double(dy), p);
    const auto actual = same_on_every_stream([&](Stream stream) { return run<TestType>(stream, x, dy, p); });
    CHECK(worst_error(actual.scale, expected.scale) < tolerance<TestType>());
    CHECK(worst_error(actual.y, expected.y) < tolerance<TestType>());
    CHECK(worst_error(actual.dx, expected.dx) < 2 * tolerance<TestType>());
  }
}

TEST_CASE("lrn's gradient agrees with central differences", "[lrn]") {
  const Lrn p{.batch = 1, .height = 1, .width = 2, .channels = 12, .groups = 2, .alpha = 0.3, .k = 1};
  const auto x = random_buffer<double>(size_of(p), 5), dy = random_buffer<double>(size_of(p), 6);
  const Result<double> result = run<double>(nullptr, x, dy, p);
  const auto objective = [&](size_t i, double step) {  // sum of y * dy with x[i] moved by step
    Aligned<double> moved = x;
    moved[i] += step;
    const Result<double> r = run<double>(nullptr, moved, dy, p);
    double sum = 0;
    for (size_t j = 0; j < x.size(); ++j) sum += r.y[j] * dy[j];
    return sum;
  };
  const double h = 1e-5;
  for (size_t i = 0; i < x.size(); ++i) {
    CHECK(result.dx[i] == Approx((objective(i, h) - objective(i, -h)) / (2 * h)).epsilon(1e-7).margin(1e-8));
  }
}

TEST_CASE("lrn lets a value that is not a number through to its window", "[lrn]") {
  const Lrn p{.batch = 1, .height = 1, .width = 1, .channels = 16};
  Aligned<float> x(16, 1.0);
  x[7] = NAN;
  const Result<float> r = run<float>(nullptr, x, x, p);
  for (int c = 0; c < 16; ++c) CHECK(std::isnan(r.y[c]) == (c >= 5 && c <= 9));
}

}  // namespace
}  // namespace tandem::test
