// Local response normalisation within a map, against its formula (cuda-convnet's "rnorm" over space) in float64 loops.
#include <catch2/catch.hpp>
#include <cmath>
#include <vector>

#include "kernels/table.h"
#include "tests/kernels/buffer.h"
#include "tests/kernels/streams.h"

namespace tandem::test {
namespace {

const std::vector<Lrn> kCases = {
    {.batch = 2, .height = 7, .width = 6, .channels = 32, .n = 3, .alpha = 0.1, .k = 1},
    {.batch = 2, .height = 4, .width = 5, .channels = 33, .n = 5, .alpha = 0.03, .k = 1},
    {.batch = 3, .height = 1, .width = 1, .channels = 5, .n = 3, .alpha = 0.1, .k = 2},
    {.batch = 1, .height = 3, .width = 2, .channels = 96, .n = 9, .alpha = 0.01, .k = 1},  // wider than the image
    {.batch = 1, .height = 5, .width = 4, .channels = 1, .n = 4, .alpha = 0.1, .beta = 0.5, .k = 1},  // even: as n = 5
    {.batch = 2, .height = 3, .width = 3, .channels = 3, .n = 1, .alpha = 0.1, .beta = 1, .k = 1},
};

size_t size_of(const Lrn& p) { return size_t(p.batch) * p.height * p.width * p.channels; }

struct Reference {
  std::vector<double> y, scale, dx;
};

// The gradient comes straight from the chain rule: every output spreads over the inputs of its own window.
Reference reference(const std::vector<double>& x, const std::vector<double>& dy, const Lrn& p) {
  Reference r{std::vector<double>(x.size()), std::vector<double>(x.size()), std::vector<double>(x.size())};
  const auto at = [&](int image, int h, int w, int c) {
    return ((size_t(image) * p.height + h) * p.width + w) * p.channels + c;
  };
  const auto each_in_window = [&](int image, int h, int w, int c, auto visit) {
    for (int i = h - p.n / 2; i <= h + p.n / 2; ++i) {
      for (int j = w - p.n / 2; j <= w + p.n / 2; ++j) {
        if (i >= 0 && i < p.height && j >= 0 && j < p.width) visit(at(image, i, j, c));
      }
    }
  };
  for (int image = 0; image < p.batch; ++image) {
    for (int h = 0; h < p.height; ++h) {
      for (int w = 0; w < p.width; ++w) {
        for (int c = 0; c < p.channels; ++c) {
          const size_t here = at(image, h, w, c);
          double sum = 0;
          each_in_window(image, h, w, c, [&](size_t i) { sum += x[i] * x[i]; });
          const double scale = p.k + p.alpha * sum;
          r.scale[here] = scale;
          r.y[here] = x[here] / std::pow(scale, p.beta);
          r.dx[here] += dy[here] / std::pow(scale, p.beta);
          const double spread = dy[here] * x[here] * p.beta * std::pow(scale, -p.beta - 1) * 2 * p.alpha;
          each_in_window(image, h, w, c, [&](size_t i) { r.dx[i] -= spread * x[i]; });
        }
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
  test::table<T>().lrn_same_map_forward(stream, x.data(), r.y.data(), r.scale.data(), p);
  test::table<T>().lrn_same_map_backward(stream, x.data(), r.y.data(), r.scale.data(), dy.data(), r.dx.data(), p);
  return r;
}

TEMPLATE_TEST_CASE("lrn_same_map follows its formula, forward and backward", "[lrn_same_map]", float, double, bf16) {
  for (const Lrn& p : kCases) {
    CAPTURE(p.height, p.width, p.channels, p.n, p.beta);
    const auto x = random_buffer<TestType>(size_of(p), 1), dy = random_buffer<TestType>(size_of(p), 2);
    const Reference expected = reference(to_double(x), to_double(dy), p);
    const auto actual = same_on_every_stream([&](Stream stream) { return run<TestType>(stream, x, dy, p); });
    CHECK(worst_error(actual.scale, expected.scale) < tolerance<TestType>());
    CHECK(worst_error(actual.y, expected.y) < tolerance<TestType>());
    CHECK(worst_error(actual.dx, expected.dx) < 2 * tolerance<TestType>());
  }
}

TEST_CASE("lrn_same_map's gradient agrees with central differences", "[lrn_same_map]") {
  const Lrn p{.batch = 1, .height = 4, .width = 3, .channels = 2, .n = 3, .alpha = 0.2, .k = 1};
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

}  // namespace
}  // namespace tandem::test
