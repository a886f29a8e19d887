// Vec against the same arithmetic in a wider type, for every storage type and width that kernels use on the host.
#include "kernels/kernel.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <cstdint>
#include <limits>
#include <random>
#include <type_traits>
#include <vector>

namespace tandem::host {
namespace {

// A storage type and a width.
template <class T, int N>
struct Case {
  using Storage = T;
  using A = Compute<T>;
  using V = Vec<A, N>;
  static constexpr int kWidth = N;
};

template <class T>
std::vector<T> random_values(int n, unsigned seed) {
  std::mt19937 random(seed);
  std::uniform_real_distribution<double> uniform(-4, 4);
  std::vector<T> values(n);
  for (T& value : values) value = static_cast<T>(static_cast<Compute<T>>(uniform(random)));
  return values;
}

// One correctly rounded operation in A equals the operation in a type of more than twice A's digits, rounded to A. For
// double there is only long double: not twice as many, hence half a unit more.
template <class A>
void check_close(A value, long double exact) {
  if constexpr (std::is_same_v<A, float>) {
    REQUIRE(value == static_cast<float>(static_cast<double>(exact)));
  } else {
    REQUIRE(std::abs(value - exact) <= std::abs(exact) * 0x1p-52l);
  }
}

TEMPLATE_TEST_CASE("Vec", "[vec]", (Case<float, 1>), (Case<float, kLanes<float>>), (Case<bf16, 1>),
                   (Case<bf16, kLanes<bf16>>), (Case<double, 1>), (Case<double, kLanes<double>>)) {
  using T = typename TestType::Storage;
  using A = typename TestType::A;
  using V = typename TestType::V;
  constexpr int kWidth = TestType::kWidth, kOffset = 3;  // loads need no alignment here
  const std::vector<T> a_stored = random_values<T>(kOffset + kWidth, 1), b_stored = random_values<T>(kWidth, 2);
  const V a = V::load(a_stored.data() + kOffset), b = V::load(b_stored.data());
  const auto a_at = [&](int i) { return load(&a_stored[kOffset + i]); };
  const auto b_at = [&](int i) { return load(&b_stored[i]); };

  SECTION("load and all") {
    for (int i = 0; i < kWidth; ++i) {
      REQUIRE(a[i] == a_at(i));
      REQUIRE(V::all(A(2.5))[i] == A(2.5));
      REQUIRE(std::signbit(V::all(A(-0.0))[i]));
    }
  }
  SECTION("store writes its lanes, rounded to the storage type, and nothing else") {
    const V third = V::all(A(1) / 3) * a;
    std::vector<T> stored(kWidth + 2, T(A(77)));
    third.store(stored.data() + 1);
    REQUIRE(load(&stored.front()) == 77);
    REQUIRE(load(&stored.back()) == 77);
    for (int i = 0; i < kWidth; ++i) REQUIRE(load(&stored[1 + i]) == static_cast<A>(T(third[i])));
  }
  SECTION("arithmetic") {
    const V sum = a + b, difference = a - b, product = a * b, quotient = a / b, scaled = A(3) * a;
    V accumulated = a;
    accumulated += b;
    for (int i = 0; i < kWidth; ++i) {
      const long double x = a_at(i), y = b_at(i);
      check_close(sum[i], x + y);
      check_close(difference[i], x - y);
      check_close(product[i], x * y);
      check_close(quotient[i], x / y);
      check_close(scaled[i], 3 * x);
      REQUIRE(accumulated[i] == sum[i]);
    }
  }
  SECTION("square roots") {
    const V square = a * a, root = sqrt(square), inverse = rsqrt(square);
    for (int i = 0; i < kWidth; ++i) {
      check_close(root[i], std::sqrt(static_cast<long double>(square[i])));
      const long double exact = 1 / std::sqrt(static_cast<long double>(square[i]));
      REQUIRE(std::abs(inverse[i] - exact) <= exact * 2 * std::numeric_limits<A>::epsilon());  // two roundings
    }
  }
  SECTION("shifted continues with the lanes of its neighbour") {
    for (int shift = -kWidth; shift <= kWidth; ++shift) {
      const V shifted = a.shifted(shift, b);
      for (int i = 0; i < kWidth; ++i) {
        const int from = i + shift;
        REQUIRE(shifted[i] == (from < 0 ? b_at(from + kWidth) : from < kWidth ? a_at(from) : b_at(from - kWidth)));
      }
    }
  }
  SECTION("store_bytes") {
    std::vector<A> numbers(kWidth);
    for (int i = 0; i < kWidth; ++i) numbers[i] = A(255 - i);
    std::vector<uint8_t> bytes(kWidth + 1, 7);
    V::load(numbers.data()).store_bytes(bytes.data());
    for (int i = 0; i < kWidth; ++i) REQUIRE(bytes[i] == 255 - i);
    REQUIRE(bytes.back() == 7);
  }
  SECTION("selection") {
    std::vector<uint8_t> keys(kWidth);
    for (int i = 0; i < kWidth; ++i) keys[i] = static_cast<uint8_t>(i % 2 == 0 ? 200 : i);
    const V equal = V::where_equal(keys.data(), 200, a), never = V::where_equal(keys.data(), -1, a);
    const V larger = max(a, b), positive = where_positive(a, b);
    for (int i = 0; i < kWidth; ++i) {
      REQUIRE(equal[i] == (i % 2 == 0 ? a_at(i) : 0));
      REQUIRE(never[i] == 0);
      REQUIRE(larger[i] == std::max(a_at(i), b_at(i)));
      REQUIRE(positive[i] == (a_at(i) > 0 ? b_at(i) : 0));
    }
    const V ahead = where_ahead(a, b, V::all(1), V::all(2));
    for (int i = 0; i < kWidth; ++i) REQUIRE(ahead[i] == (a_at(i) > b_at(i) ? 1 : 2));
    REQUIRE(where_ahead(V::all(A(NAN)), V::all(1), a, b)[0] == a[0]);
    REQUIRE(where_ahead(V::all(1), V::all(A(NAN)), a, b)[0] == b[0]);
    REQUIRE(where_ahead(V::all(1), V::all(1), a, b)[0] == b[0]);
    REQUIRE(where_positive(V::all(0), b)[0] == 0);
    REQUIRE(where_positive(V::all(A(NAN)), b)[0] == 0);
    REQUIRE(max(V::all(A(NAN)), V::all(1))[0] == 1);
  }
}

TEST_CASE("exp is within two units in the last place, denormals included", "[vec]") {
  using V = Vec<float, kLanes<float>>;
  for (double x = -104; x < 88.72; x += 0.00071) {
    const V result = exp(V::all(float(x)));
    const double exact = std::exp(double(float(x)));
    const double unit = std::ldexp(1.0, std::max(std::ilogb(exact), -126) - 23);
    for (const int lane : {0, kLanes<float> - 1}) {
      INFO("exp(" << float(x) << ") = " << result[lane] << ", not " << exact);
      REQUIRE(std::abs(result[lane] - exact) <= 2 * unit);
    }
  }
}

TEST_CASE("exp overflows, vanishes and passes NaN on", "[vec]") {
  using V = Vec<float, kLanes<float>>;
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  for (const float x : {88.8f, 1000.0f, 3e38f, kInfinity}) REQUIRE(exp(V::all(x))[0] == kInfinity);
  for (const float x : {-104.0f, -1000.0f, -3e38f, -kInfinity}) REQUIRE(exp(V::all(x))[0] == 0);
  for (const float x : {0.0f, -0.0f, 1e-40f, -1e-40f}) REQUIRE(exp(V::all(x))[0] == 1);
  REQUIRE(std::isnan(exp(V::all(std::numeric_limits<float>::quiet_NaN()))[0]));
}

TEST_CASE("a register of floats rounds to bf16 as one float does", "[vec]") {
  constexpr int kWidth = kLanes<bf16>;
  std::mt19937 random(5);
  for (int round = 0; round < 20000; ++round) {
    float values[kWidth];
    for (float& value : values) {
      const uint32_t bits = random();
      value = std::bit_cast<float>(round % 2 == 0 ? bits : bits | 0x7f800000u);  // odd rounds: infinities and NaNs
    }
    bf16 stored[kWidth];
    Vec<float, kWidth>::load(values).store(stored);
    for (int i = 0; i < kWidth; ++i) REQUIRE(stored[i].bits == bf16(values[i]).bits);
  }
}

TEST_CASE("store rounds one element", "[vec]") {
  bf16 x;
  store(&x, 1 + 0x1p-9f);
  REQUIRE(load(&x) == 1);
  double y;
  store(&y, 1 + 0x1p-40);
  REQUIRE(load(&y) == 1 + 0x1p-40);
}

}  // namespace
}  // namespace tandem::host
