#include "kernels/bf16.h"

#include <algorithm>
#include <bit>
#include <catch2/catch.hpp>
#include <cmath>
#include <cstdint>
#include <limits>
#include <random>

namespace tandem {
namespace {

// The nearest number with 8 significant bits, ties to even, by arithmetic in double: x is a whole number of quanta.
double nearest_with_8_bits(float x) {
  if (x == 0 || std::isinf(x)) return x;
  const int exponent = std::max(std::ilogb(x), std::numeric_limits<float>::min_exponent - 1);  // subnormals share one
  const double quantum = std::ldexp(1.0, exponent - 7);
  const double rounded = std::nearbyint(x / quantum) * quantum;
  return std::abs(rounded) < std::ldexp(1.0, 128) ? rounded : std::copysign(INFINITY, x);
}

TEST_CASE("float to bf16 rounds to nearest, ties to even", "[bf16]") {
  const auto check = [](float x) {
    const float rounded = static_cast<float>(bf16(x));
    INFO("x = " << x);
    REQUIRE(double(rounded) == nearest_with_8_bits(x));
    REQUIRE(std::signbit(rounded) == std::signbit(x));
  };
  std::mt19937 random(1);
  for (int i = 0; i < 100000; ++i) {
    const uint32_t bits = random();
    for (const uint32_t pattern : {bits, bits & 0xffff8000u, bits & 0x807fffffu}) {  // any; exact or tie; subnormal
      const float x = std::bit_cast<float>(pattern);
      if (!std::isnan(x)) check(x);
    }
  }
  for (const float x : {0.0f, -0.0f, INFINITY, -INFINITY, std::numeric_limits<float>::max(),
                        std::numeric_limits<float>::denorm_min(), 1 + 0x1p-8f, 1 + 0x3p-8f, 1 + 0x1p-8f + 0x1p-23f}) {
    check(x);
  }
}

TEST_CASE("every bf16 survives the way through float", "[bf16]") {
  for (uint32_t bits = 0; bits < 0x10000; ++bits) {
    bf16 before;
    before.bits = static_cast<uint16_t>(bits);
    const float value = static_cast<float>(before);
    REQUIRE(std::bit_cast<uint32_t>(value) == bits << 16);
    if (!std::isnan(value)) REQUIRE(bf16(value).bits == bits);
  }
}

TEST_CASE("a NaN stays a NaN of the same sign, also where its upper half alone would be infinity", "[bf16]") {
  for (const uint32_t bits : {0x7fc00000u, 0xffc00000u, 0x7f800001u, 0xff800001u, 0x7fffffffu, 0x7f80ffffu}) {
    const float rounded = static_cast<float>(bf16(std::bit_cast<float>(bits)));
    REQUIRE(std::isnan(rounded));
    REQUIRE(std::signbit(rounded) == (bits >> 31 == 1));
  }
}

}  // namespace
}  // namespace tandem
