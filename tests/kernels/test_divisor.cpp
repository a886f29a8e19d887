#include <catch2/catch.hpp>
#include <cstdint>

#include "kernels/divisor.h"
#include "tests/kernels/buffer.h"

namespace tandem {
namespace {

TEST_CASE("Divisor divides like the machine", "[kernels]") {
  test::Random random(1);
  for (const int d :
       {1, 2, 3, 4, 5, 7, 11, 13, 27, 55, 64, 65, 224, 1000, 65535, 65536, 65537, 2147483646, INT32_MAX}) {
    const Divisor divisor(d);
    const auto check = [&](int64_t n) {
      if (n < 0 || n > INT32_MAX) return;
      INFO(n << " by " << d);
      REQUIRE(divisor.quotient(int(n)) == n / d);
      REQUIRE(divisor.remainder(int(n)) == n % d);
    };
    for (int n = 0; n < 300; ++n) check(n);
    for (int i = 0; i < 300; ++i) {  // around multiples, where a wrong rounding shows
      const int64_t multiple = int64_t(random.below(INT32_MAX)) / d * d;
      for (const int offset : {-1, 0, 1}) check(multiple + offset);
    }
    check(INT32_MAX);
    check(int64_t(INT32_MAX) / d * d);
    check(int64_t(INT32_MAX) / d * d - 1);
  }
}

}  // namespace
}  // namespace tandem
