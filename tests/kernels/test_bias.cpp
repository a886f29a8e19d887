#include <catch2/catch.hpp>
#include <vector>

#include "kernels/table.h"
#include "tests/kernels/buffer.h"
#include "tests/kernels/streams.h"

namespace tandem {
namespace {

using test::Aligned;

struct Matrix {
  long rows;
  int channels;
};
const Matrix kShapes[] = {{1, 1},    {7, 1},     {3, 5},    {129, 3},  {500, 33},   {64, 96},   {1000, 96},
                          {5000, 6}, {4097, 32}, {2, 4096}, {128, 10}, {130, 1000}, {9001, 16}, {20, 2500}};

TEMPLATE_TEST_CASE("add_bias adds a bias a channel", "[kernels]", float, bf16, double) {
  for (const auto& [rows, channels] : kShapes) {
    if (!test::affordable(rows * channels)) continue;
    INFO(rows << " rows of " << channels);
    const auto y = test::random_buffer<TestType>(size_t(rows) * channels, 1);
    const auto bias = test::random_buffer<Compute<TestType>>(channels, 2);
    std::vector<double> expected = test::to_double(y);
    for (size_t i = 0; i < expected.size(); ++i) expected[i] += test::value_of(bias[i % channels]);
    const auto result = test::same_on_every_stream([&](Stream stream) {
      Aligned<TestType> sum = y;
      test::table<TestType>().add_bias(stream, sum.data(), bias.data(), rows, channels);
      return sum;
    });
    REQUIRE(test::worst_error(result, expected) < test::tolerance<TestType>());
  }
}

TEMPLATE_TEST_CASE("column_sum sums every column, over the old sum if asked", "[kernels]", float, bf16, double) {
  using Sum = Compute<TestType>;
  const double tolerance = 10 * test::tolerance<Sum>();  // the error of a sum of n terms grows with their number
  for (const auto& [rows, channels] : kShapes) {
    if (!test::affordable(rows * channels)) continue;
    INFO(rows << " rows of " << channels);
    const auto x = test::random_buffer<TestType>(size_t(rows) * channels, 3);
    const auto before = test::random_buffer<Sum>(channels, 4);
    for (const bool accumulate : {false, true}) {
      std::vector<double> expected(channels);
      if (accumulate) expected = test::to_double(before);
      for (size_t i = 0; i < x.size(); ++i) expected[i % channels] += test::value_of(x[i]);
      const auto result = test::same_on_every_stream([&](Stream stream) {
        Aligned<Sum> partial(size_t(kColumnSumParts) * channels), sum = before;
        test::table<TestType>().column_sum(stream, x.data(), partial.data(), sum.data(), rows, channels, accumulate);
        return sum;
      });
      REQUIRE(test::worst_error(result, expected) < tolerance);
    }
  }
}

TEST_CASE("column_sum does not read the old sum when it overwrites", "[kernels]") {
  const Aligned<float> x(size_t(1000) * 8, 0.5);
  Aligned<float> partial(size_t(kColumnSumParts) * 8), sum(8);  // both all NaN
  test::table<float>().column_sum(nullptr, x.data(), partial.data(), sum.data(), 1000, 8, false);
  for (const float column : sum) REQUIRE(column == 500);
}

}  // namespace
}  // namespace tandem
