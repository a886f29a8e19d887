#include <catch2/catch.hpp>
#include <cmath>

#include "kernels/table.h"
#include "tests/kernels/buffer.h"
#include "tests/kernels/streams.h"

namespace tandem {
namespace {

using test::Aligned;

// All parts added up in double; the test's buffers are NaN behind their n elements.
template <class T>
double sum_of_magnitudes(const Aligned<T>& x) {
  const auto parts = test::same_on_every_stream([&](Stream stream) {
    Aligned<Compute<T>> sums(kMagnitudeParts);
    test::table<T>().magnitude_sums(stream, x.data(), x.size(), sums.data());
    return sums;
  });
  double sum = 0;
  for (const Compute<T> part : parts) sum += double(part);
  return sum;
}

TEMPLATE_TEST_CASE("magnitude_sums adds up magnitudes", "[kernels]", float, bf16, double) {
  for (const long n : {0, 1, 5, 33, 1000, 4096, 5001, 300'007}) {
    if (!test::affordable(n)) continue;
    INFO(n << " elements");
    const auto x = test::random_buffer<TestType>(size_t(n), uint64_t(n));
    double expected = 0;
    for (const double value : test::to_double(x)) expected += std::abs(value);
    REQUIRE(sum_of_magnitudes(x) == Approx(expected).epsilon(1e-6));
  }
}

TEST_CASE("magnitude_sums hides nothing that is not a number", "[kernels]") {
  for (const size_t at : {0, 700, 999}) {
    Aligned<float> x(1000, 1);
    x[at] = NAN;
    REQUIRE(std::isnan(sum_of_magnitudes(x)));
  }
}

}  // namespace
}  // namespace tandem
