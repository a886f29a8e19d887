#include <catch2/catch.hpp>
#include <limits>

#include "kernels/table.h"
#include "tests/kernels/buffer.h"

namespace tandem {
namespace {

using test::Aligned;

TEMPLATE_TEST_CASE("all_finite finds one infinity or NaN anywhere", "[kernels]", float, bf16, double) {
  const auto all_finite = test::table<TestType>().all_finite;
  for (const size_t n : {1, 5, 1000}) {
    Aligned<TestType> x = test::random_buffer<TestType>(n, 1);
    x[0] = test::to<TestType>(3e38);
    REQUIRE(all_finite(nullptr, x.data(), n));  // the padding is NaN and does not count
    for (const size_t at : {size_t(0), n / 2, n - 1})
      for (const double bad : {std::numeric_limits<double>::infinity(), -std::numeric_limits<double>::infinity(),
                               std::numeric_limits<double>::quiet_NaN()}) {
        Aligned<TestType> y = x;
        y[at] = test::to<TestType>(bad);
        REQUIRE_FALSE(all_finite(nullptr, y.data(), n));
      }
  }
  REQUIRE(all_finite(nullptr, Aligned<TestType>(0).data(), 0));
}

}  // namespace
}  // namespace tandem
