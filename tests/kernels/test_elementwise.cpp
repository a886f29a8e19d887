#include <catch2/catch.hpp>
#include <vector>

#include "kernels/table.h"
#include "tests/kernels/buffer.h"
#include "tests/kernels/streams.h"

namespace tandem {
namespace {

using test::Aligned;

const size_t kSizes[] = {1, 3, 5, 33, 96, 4096, 10007};

TEMPLATE_TEST_CASE("fill writes one value", "[kernels]", float, bf16, double) {
  for (const size_t n : kSizes) {
    const auto x = test::same_on_every_stream([&](Stream stream) {
      Aligned<TestType> result(n);
      test::table<TestType>().fill(stream, result.data(), n, -0.375);
      return result;
    });
    REQUIRE(test::to_double(x) == std::vector<double>(n, -0.375));
  }
}

TEMPLATE_TEST_CASE("add adds x to y", "[kernels]", float, bf16, double) {
  for (const size_t n : kSizes) {
    const auto x = test::random_buffer<TestType>(n, 1), y = test::random_buffer<TestType>(n, 2);
    std::vector<double> expected = test::to_double(y);
    for (size_t i = 0; i < n; ++i) expected[i] += test::value_of(x[i]);
    const auto sum = test::same_on_every_stream([&](Stream stream) {
      Aligned<TestType> result = y;
      test::table<TestType>().add(stream, x.data(), result.data(), n);
      return result;
    });
    REQUIRE(test::worst_error(sum, expected) < test::tolerance<TestType>());
  }
}

TEMPLATE_TEST_CASE("scale multiplies by a factor, also in place", "[kernels]", float, bf16, double) {
  for (const size_t n : kSizes) {
    const auto x = test::random_buffer<TestType>(n, 1);
    std::vector<double> expected = test::to_double(x);
    for (double& value : expected) value *= 1.7;
    const auto y = test::same_on_every_stream([&](Stream stream) {
      Aligned<TestType> result(n);
      test::table<TestType>().scale(stream, x.data(), result.data(), n, 1.7);
      return result;
    });
    REQUIRE(test::worst_error(y, expected) < test::tolerance<TestType>());
    Aligned<TestType> in_place = x;
    test::table<TestType>().scale(nullptr, in_place.data(), in_place.data(), n, 1.7);
    REQUIRE(in_place.same_bits(y));
  }
}

TEMPLATE_TEST_CASE("narrow rounds to the storage type", "[kernels]", float, bf16, double) {
  using A = Compute<TestType>;
  for (const size_t n : kSizes) {
    const auto x = test::random_buffer<A>(n, 1);
    const auto y = test::same_on_every_stream([&](Stream stream) {
      Aligned<TestType> result(n);
      test::table<TestType>().narrow(stream, x.data(), result.data(), n);
      return result;
    });
    for (size_t i = 0; i < n; ++i) REQUIRE(test::value_of(y[i]) == test::value_of(test::to<TestType>(x[i])));
  }
}

TEMPLATE_TEST_CASE("copy_channels moves a slice of channels and touches no other", "[kernels]", float, bf16, double) {
  struct Slice {
    int x_channels, x_begin, y_channels, y_begin, count;
  };
  const Slice slices[] = {{1, 0, 1, 0, 1},     {5, 1, 3, 0, 3},      {33, 0, 40, 7, 33},          {96, 48, 48, 0, 48},
                          {64, 0, 96, 32, 64}, {96, 0, 192, 96, 96}, {9216, 0, 9216, 4608, 4608}, {20, 16, 24, 8, 4}};
  for (const Slice& s : slices)
    for (const long rows : {1L, 3L, 700L}) {
      INFO(s.count << " of " << s.x_channels << " channels, " << rows << " rows");
      if (rows * s.x_channels > 1000000) continue;
      const auto x = test::random_buffer<TestType>(rows * s.x_channels, 3);
      const auto before = test::random_buffer<TestType>(rows * s.y_channels, 4);
      std::vector<double> expected = test::to_double(before);
      for (long r = 0; r < rows; ++r)
        for (int c = 0; c < s.count; ++c)
          expected[r * s.y_channels + s.y_begin + c] = test::value_of(x[r * s.x_channels + s.x_begin + c]);
      const auto y = test::same_on_every_stream([&](Stream stream) {
        Aligned<TestType> result = before;
        test::table<TestType>().copy_channels(stream, x.data(), s.x_channels, s.x_begin, result.data(), s.y_channels,
                                              s.y_begin, s.count, rows);
        return result;
      });
      REQUIRE(test::to_double(y) == expected);
    }
}

TEMPLATE_TEST_CASE("transpose turns a matrix", "[kernels]", float, bf16, double) {
  const std::pair<int, int> shapes[] = {{1, 1}, {1, 17}, {5, 1}, {3, 16}, {6, 25}, {96, 363}, {521, 33}, {384, 2304}};
  for (const auto& [rows, columns] : shapes) {
    INFO(rows << " x " << columns);
    const auto x = test::random_buffer<TestType>(size_t(rows) * columns, 5);
    std::vector<double> expected(size_t(rows) * columns);
    for (int r = 0; r < rows; ++r)
      for (int c = 0; c < columns; ++c) expected[size_t(c) * rows + r] = test::value_of(x[size_t(r) * columns + c]);
    const auto y = test::same_on_every_stream([&, rows = rows, columns = columns](Stream stream) {
      Aligned<TestType> result(size_t(rows) * columns);
      test::table<TestType>().transpose(stream, x.data(), result.data(), rows, columns);
      return result;
    });
    REQUIRE(test::to_double(y) == expected);
  }
}

}  // namespace
}  // namespace tandem
