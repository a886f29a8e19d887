#include <catch2/catch.hpp>
#include <cmath>

#include "kernels/philox.h"
#include "kernels/table.h"
#include "tests/kernels/buffer.h"
#include "tests/kernels/streams.h"

namespace tandem {
namespace {

using test::Aligned;

// The documented draw, one element at a time (philox() itself is tested against published vectors).
bool kept(const DropoutMask& mask, uint64_t i) {
  const uint64_t block = i / 4;
  const PhiloxBlock random = philox({{uint32_t(block), uint32_t(block >> 32), mask.layer, uint32_t(mask.step)}},
                                    {{uint32_t(mask.seed), uint32_t(mask.seed >> 32) ^ uint32_t(mask.step >> 32)}});
  return random.word[i % 4] < mask.keep * 0x1p32;
}

template <class T>
Aligned<T> dropped(const Aligned<T>& in, double scale, const DropoutMask& mask) {
  return test::same_on_every_stream([&](Stream stream) {
    Aligned<T> out(in.size());
    test::table<T>().dropout(stream, in.data(), out.data(), in.size(), scale, mask);
    return out;
  });
}

TEMPLATE_TEST_CASE("dropout keeps the elements of the documented draw, scaled", "[kernels]", float, bf16, double) {
  const DropoutMask masks[] = {
      {0.5, 1, 0, 0}, {0.5, 0x123456789abcdef0, 0xfedcba9876543210, 7}, {0.9, 3, 1000, 2}, {0.001, 4, 5, 6}};
  for (const DropoutMask& mask : masks)
    for (const size_t n : {1, 3, 5, 33, 96, 1024, 1025, 9001}) {
      const auto in = test::random_buffer<TestType>(n, 1);
      std::vector<double> expected(n);
      for (size_t i = 0; i < n; ++i) expected[i] = kept(mask, i) ? 1.25 * test::value_of(in[i]) : 0;
      REQUIRE(test::worst_error(dropped(in, 1.25, mask), expected) < test::tolerance<TestType>());
    }
}

TEMPLATE_TEST_CASE("dropout that keeps everything is a scaling", "[kernels]", float, bf16, double) {
  const auto in = test::random_buffer<TestType>(5000, 2);
  REQUIRE(dropped(in, 1, {1.0, 1, 2, 3}).same_bits(in));
}

TEST_CASE("dropout keeps the wanted share", "[kernels]") {
  constexpr int kElements = 400000;
  const Aligned<float> ones(kElements, 1.0);
  for (const double keep : {0.1, 0.5, 0.8}) {
    double sum = 0;
    for (const float element : dropped(ones, 1, {keep, 11, 12, 13})) sum += element;
    const double deviation = std::sqrt(kElements * keep * (1 - keep));  // of the binomial distribution
    REQUIRE(std::abs(sum - kElements * keep) < 4 * deviation);
  }
}

TEST_CASE("dropout draws another mask for another seed, step or layer", "[kernels]") {
  const Aligned<float> ones(1000, 1.0);
  const auto mask = dropped(ones, 1, {0.5, 1, 2, 3});
  for (const DropoutMask& other :
       {DropoutMask{0.5, 2, 2, 3}, DropoutMask{0.5, 1, 3, 3}, DropoutMask{0.5, 1, 2, 4},
        DropoutMask{0.5, 1 + (uint64_t(1) << 40), 2, 3}, DropoutMask{0.5, 1, 2 + (uint64_t(1) << 40), 3}}) {
    const auto other_mask = dropped(ones, 1, other);
    int equal = 0;
    for (size_t i = 0; i < ones.size(); ++i) equal += mask[i] == other_mask[i];
    REQUIRE(equal > 400);
    REQUIRE(equal < 600);
  }
}

TEST_CASE("dropout lets no infinity of a dropped element through, and runs in place", "[kernels]") {
  const DropoutMask mask{0.5, 1, 2, 3};
  Aligned<float> x(1000, HUGE_VAL);
  test::table<float>().dropout(nullptr, x.data(), x.data(), x.size(), 2, mask);
  for (size_t i = 0; i < x.size(); ++i) REQUIRE(x[i] == (kept(mask, i) ? HUGE_VALF : 0));
}

}  // namespace
}  // namespace tandem
