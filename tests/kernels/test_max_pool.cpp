// Max pooling against plain loops over padded images; the values are exact, so results must be equal, not close.
#include <catch2/catch.hpp>
#include <cmath>
#include <limits>
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
     .channels = 32,
     .kernel_height = 3,
     .kernel_width = 3,
     .stride = 2,
     .pad = {},
     .out_height = 4,
     .out_width = 3},  // ceil: the last windows hang over the edge
    {.batch = 1,
     .height = 8,
     .width = 7,
     .channels = 33,
     .kernel_height = 3,
     .kernel_width = 3,
     .stride = 2,
     .pad = {1, 1, 1, 1},
     .out_height = 4,
     .out_width = 4},
    {.batch = 2,
     .height = 7,
     .width = 8,
     .channels = 64,
     .kernel_height = 3,
     .kernel_width = 3,
     .stride = 2,
     .pad = {0, 1, 2, 0},
     .out_height = 4,
     .out_width = 4},
    {.batch = 3,
     .height = 6,
     .width = 8,
     .channels = 5,
     .kernel_height = 2,
     .kernel_width = 2,
     .stride = 2,
     .pad = {},
     .out_height = 3,
     .out_width = 4},
    {.batch = 2,
     .height = 5,
     .width = 5,
     .channels = 48,
     .kernel_height = 2,
     .kernel_width = 2,
     .stride = 2,
     .pad = {1, 0, 0, 1},
     .out_height = 3,
     .out_width = 3},
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
     .width = 6,
     .channels = 1,
     .kernel_height = 3,
     .kernel_width = 3,
     .stride = 1,
     .pad = {1, 1, 1, 1},
     .out_height = 6,
     .out_width = 6},
    {.batch = 1,
     .height = 7,
     .width = 10,
     .channels = 16,
     .kernel_height = 5,
     .kernel_width = 4,
     .stride = 2,
     .pad = {2, 3, 2, 0},
     .out_height = 4,
     .out_width = 5},
    {.batch = 2,
     .height = 4,
     .width = 6,
     .channels = 17,
     .kernel_height = 4,
     .kernel_width = 6,
     .stride = 1,
     .pad = {},
     .out_height = 1,
     .out_width = 1},
    {.batch = 1,
     .height = 20,
     .width = 17,
     .channels = 16,
     .kernel_height = 16,
     .kernel_width = 16,
     .stride = 1,
     .pad = {},
     .out_height = 5,
     .out_width = 2},  // the largest window that argmax can tell apart
    {.batch = 2,
     .height = 19,
     .width = 23,
     .channels = 16,
     .kernel_height = 3,
     .kernel_width = 3,
     .stride = 2,
     .pad = {},
     .out_height = 9,
     .out_width = 11},  // several tiles each way, on either machine
    {.batch = 1,
     .height = 1,
     .width = 2,
     .channels = 4,
     .kernel_height = 3,
     .kernel_width = 3,
     .stride = 2,
     .pad = {1, 1, 1, 1},
     .out_height = 1,
     .out_width = 1},
};

size_t inputs(const Pool& p) { return size_t(p.batch) * p.height * p.width * p.channels; }
size_t outputs(const Pool& p) { return size_t(p.batch) * p.out_height * p.out_width * p.channels; }

struct Reference {
  std::vector<double> y, dx;
  std::vector<int> argmax;
};

Reference reference(const std::vector<double>& x, const std::vector<double>& dy, const Pool& p) {
  Reference r{std::vector<double>(dy.size()), std::vector<double>(x.size()), std::vector<int>(dy.size())};
  size_t output = 0;
  for (int image = 0; image < p.batch; ++image) {
    for (int oh = 0; oh < p.out_height; ++oh) {
      for (int ow = 0; ow < p.out_width; ++ow) {
        for (int c = 0; c < p.channels; ++c, ++output) {
          double best = -std::numeric_limits<double>::infinity();
          size_t best_input = x.size();
          for (int kh = 0; kh < p.kernel_height; ++kh) {
            for (int kw = 0; kw < p.kernel_width; ++kw) {
              const int h = oh * p.stride - p.pad.top + kh, w = ow * p.stride - p.pad.left + kw;
              if (h < 0 || h >= p.height || w < 0 || w >= p.width) continue;
              const size_t input = ((size_t(image) * p.height + h) * p.width + w) * p.channels + c;
              if (best_input < x.size() && x[input] <= best) continue;
              best = x[input];
              best_input = input;
              r.argmax[output] = kh * p.kernel_width + kw;
            }
          }
          r.y[output] = best;
          r.dx[best_input] += dy[output];
        }
      }
    }
  }
  return r;
}

template <class T>
struct Result {
  Aligned<T> y, dx;
  Aligned<uint8_t> argmax;
  bool same_bits(const Result& other) const {
    return y.same_bits(other.y) && dx.same_bits(other.dx) && argmax.same_bits(other.argmax);
  }
};

template <class T>
Result<T> run(Stream stream, const Aligned<T>& x, const Aligned<T>& dy, const Pool& p) {
  Result<T> r{Aligned<T>(dy.size()), Aligned<T>(x.size()), Aligned<uint8_t>(dy.size())};
  test::table<T>().max_pool_forward(stream, x.data(), r.y.data(), r.argmax.data(), p);
  test::table<T>().max_pool_backward(stream, dy.data(), r.argmax.data(), r.dx.data(), p);
  return r;
}

// Small whole numbers: exact in every type, and so few of them that most windows have ties.
template <class T>
Aligned<T> whole_numbers(size_t size, int lowest, int count, uint64_t seed) {
  Random random(seed);
  Aligned<T> result(size);
  for (T& element : result) element = T(float(lowest + random.below(count)));
  return result;
}

TEMPLATE_TEST_CASE("max_pool takes the first maximum of a window and sends the gradient back there", "[max_pool]",
                   float, double, bf16) {
  for (const Pool& p : kCases) {
    for (const int lowest : {-2, -5}) {  // with -5 all are negative: padding taken for zero would win
      CAPTURE(p.height, p.width, p.channels, p.kernel_height, p.kernel_width, p.stride, p.pad.top, p.pad.left, lowest);
      const auto x = whole_numbers<TestType>(inputs(p), lowest, 5, 1);
      const auto dy = whole_numbers<TestType>(outputs(p), -3, 7, 2);
      const Reference expected = reference(to_double(x), to_double(dy), p);
      const auto actual = same_on_every_stream([&](Stream stream) { return run<TestType>(stream, x, dy, p); });
      CHECK(to_double(actual.y) == expected.y);
      CHECK(std::vector<int>(actual.argmax.begin(), actual.argmax.end()) == expected.argmax);
      CHECK(to_double(actual.dx) == expected.dx);
    }
  }
}

TEST_CASE("max_pool knows infinities, and lets a value that is not a number win", "[max_pool]") {
  const Pool p{.batch = 1,
               .height = 2,
               .width = 2,
               .channels = 3,
               .kernel_height = 2,
               .kernel_width = 2,
               .stride = 2,
               .pad = {},
               .out_height = 1,
               .out_width = 1};
  const float infinity = std::numeric_limits<float>::infinity();
  const Aligned<float> x{-infinity, 1, NAN, -infinity, NAN, 2, -infinity, 3, 3, -infinity, 2, 4}, dy{1, 1, 1};
  const Result<float> r = run<float>(nullptr, x, dy, p);
  CHECK(r.y[0] == -infinity);
  CHECK(r.argmax[0] == 0);
  CHECK(std::isnan(r.y[1]));
  CHECK(std::isnan(r.y[2]));
}

}  // namespace
}  // namespace tandem::test
