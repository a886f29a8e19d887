#include <catch2/catch.hpp>
#include <vector>

#include "tests/kernels/buffer.h"
#include "tests/kernels/convolution_cases.h"
#include "tests/kernels/streams.h"

namespace tandem {
namespace {

using test::Aligned;
using test::convolution;
using test::for_each_tap;
using test::inputs;
using test::name;
using Values = std::vector<double>;

TEMPLATE_TEST_CASE("im2col copies every window, zeros in the padding", "[kernels]", float, bf16, double) {
  for (const Convolution& p : test::convolution_shapes()) {
    if (!test::affordable(p.rows() * p.taps())) continue;
    INFO(name(p));
    const Aligned<TestType> x = test::random_buffer<TestType>(inputs(p), 1);
    const Values x_values = test::to_double(x);
    for (int group = 0; group < p.groups; ++group) {
      Values expected(size_t(p.rows()) * p.taps());
      for_each_tap(p, group, [&](long row, int tap, long i) {
        expected[size_t(row) * p.taps() + tap] = i < 0 ? 0 : x_values[i];
      });
      const auto rows_from = [&](long begin, long rows) {
        return test::same_on_every_stream([&](Stream stream) {
          Aligned<TestType> columns(size_t(rows) * p.taps());
          test::table<TestType>().im2col(stream, x.data(), columns.data(), p, group, begin, rows);
          return columns;
        });
      };
      REQUIRE(test::to_double(rows_from(0, p.rows())) == expected);
      const long begin = p.rows() / 3, rows = (p.rows() + 1) / 2;
      const auto first = expected.begin() + begin * p.taps();
      REQUIRE(test::to_double(rows_from(begin, rows)) == Values(first, first + rows * p.taps()));
    }
  }
}

TEST_CASE("im2col writes its rows and nothing behind them", "[kernels]") {
  for (const Convolution& p : test::convolution_shapes()) {
    if (!test::affordable(p.rows() * p.taps())) continue;
    INFO(name(p));
    const Aligned<float> x = test::random_buffer<float>(inputs(p), 1);
    const size_t end = size_t(p.rows()) * p.taps();
    Aligned<float> columns(end + 64, 7.0);
    test::table<float>().im2col(nullptr, x.data(), columns.data(), p, p.groups - 1, 0, p.rows());
    for (size_t i = end; i < columns.size(); ++i) REQUIRE(columns[i] == 7);
  }
}

TEMPLATE_TEST_CASE("col2im adds up every reading of a pixel", "[kernels]", float, bf16, double) {
  constexpr double kUntouched = 7;
  for (const Convolution& p : test::convolution_shapes()) {
    if (!test::affordable(p.rows() * p.taps())) continue;
    INFO(name(p));
    for (int group = 0; group < p.groups; ++group) {
      const auto columns = test::random_buffer<TestType>(size_t(p.rows()) * p.taps(), 2);
      const Values column_values = test::to_double(columns);
      Values expected(inputs(p), kUntouched);
      for (size_t i = 0; i < expected.size(); ++i)
        if (int(i % p.channels) / p.group_channels() == group) expected[i] = 0;
      for_each_tap(p, group, [&](long row, int tap, long i) {
        if (i >= 0) expected[i] += column_values[size_t(row) * p.taps() + tap];
      });
      const Aligned<TestType> dx = test::same_on_every_stream([&](Stream stream) {
        Aligned<TestType> result(inputs(p), kUntouched);
        test::table<TestType>().col2im(stream, columns.data(), result.data(), p, group, 0, p.batch);
        return result;
      });
      REQUIRE(test::worst_error(dx, expected) < test::tolerance<TestType>());
    }
  }
}

TEST_CASE("col2im of a range of images leaves the others alone", "[kernels]") {
  const Convolution p = convolution(5, 6, 7, 8, 4, 3, 2, 2, {1, 1, 0, 1});
  const long image_rows = p.rows() / p.batch;
  const auto columns = test::random_buffer<float>(size_t(p.rows()) * p.taps(), 3);
  Aligned<float> whole(inputs(p), 7.0), range(inputs(p), 7.0);
  test::table<float>().col2im(nullptr, columns.data(), whole.data(), p, 1, 0, p.batch);
  const Aligned<float> two_images = [&] {
    Aligned<float> result(2 * image_rows * p.taps());
    std::copy_n(columns.data() + 2 * image_rows * p.taps(), result.size(), result.data());
    return result;
  }();
  test::table<float>().col2im(nullptr, two_images.data(), range.data(), p, 1, 2, 2);
  const size_t image = inputs(p) / p.batch;
  for (size_t i = 0; i < range.size(); ++i) REQUIRE(range[i] == (i / image == 2 || i / image == 3 ? whole[i] : 7));
}

}  // namespace
}  // namespace tandem
