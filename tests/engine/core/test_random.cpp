#include "engine/core/random.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <numeric>
#include <set>

namespace tandem {
namespace {

std::vector<uint32_t> words(const PhiloxBlock& block) { return {block.word, block.word + 4}; }

// Random123, tests/kat_vectors, philox4x32 10. Counter and key are laid out as random.h says.
TEST_CASE("streams reproduce the published Philox4x32-10 vectors", "[random]") {
  CHECK(words(Random(0, Purpose(0)).block(0)) == std::vector<uint32_t>{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8});
  const uint64_t ones = ~uint64_t(0);
  CHECK(words(Random(ones, Purpose(0xff), ones).block(ones >> 8)) ==
        std::vector<uint32_t>{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd});
  const Random pi(0x299f31d0a4093822, Purpose(0x85), 0x0370734413198a2e);
  const uint64_t index = 0x00a308d3243f6a88;
  CHECK(words(pi.block(index)) == std::vector<uint32_t>{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1});
  CHECK(pi.bits(index) == 0xd16cfe09);
  CHECK(pi.uniform(index) == double(0x94fdccebd16cfe09 >> 11) / double(uint64_t(1) << 53));
}

TEST_CASE("streams of another seed, purpose or number share no draw", "[random]") {
  std::set<std::vector<uint32_t>> seen;
  long blocks = 0;
  for (const uint64_t seed : {uint64_t(0), uint64_t(1), uint64_t(1) << 32}) {
    for (const Purpose purpose : {Purpose::initialise, Purpose::shuffle, Purpose::augment, Purpose::colour}) {
      for (const uint64_t a : {uint64_t(0), uint64_t(1), uint64_t(1) << 32}) {
        for (const uint64_t i : {uint64_t(0), uint64_t(1), uint64_t(1) << 32, (uint64_t(1) << 56) - 1}) {
          seen.insert(words(Random(seed, purpose, a).block(i)));
          ++blocks;
        }
      }
    }
  }
  CHECK(long(seen.size()) == blocks);
}

TEST_CASE("uniform draws have the moments of the uniform distribution", "[random]") {
  const Random random(1, Purpose::initialise);
  constexpr int kDraws = 1 << 20;
  double sum = 0, squares = 0, neighbours = 0, before = 0.5;
  for (int i = 0; i < kDraws; ++i) {
    const double x = random.uniform(uint64_t(i));
    REQUIRE((x >= 0 && x < 1));
    sum += x;
    squares += (x - 0.5) * (x - 0.5);
    neighbours += (x - 0.5) * (before - 0.5);
    before = x;
  }
  // Five standard errors: variance 1/12, of the square 1/180, of the product of two 1/144.
  CHECK(std::abs(sum / kDraws - 0.5) < 5 * std::sqrt(1.0 / 12 / kDraws));
  CHECK(std::abs(squares / kDraws - 1.0 / 12) < 5 * std::sqrt(1.0 / 180 / kDraws));
  CHECK(std::abs(neighbours / kDraws) < 5 * std::sqrt(1.0 / 144 / kDraws));
}

TEST_CASE("normal draws have the moments and the distribution of N(0, 1)", "[random]") {
  const Random random(2, Purpose::initialise, 7);
  constexpr int kDraws = 1 << 20;
  std::vector<double> draws;
  double moments[5] = {};
  for (int i = 0; i < kDraws; ++i) {
    draws.push_back(random.normal(uint64_t(i)));
    for (int k = 1; k <= 4; ++k) moments[k] += std::pow(draws.back(), k) / kDraws;
  }
  // E x^k = 0, 1, 0, 3; the variance of x^k is E x^2k - (E x^k)^2 = 1, 2, 15, 96. Five standard errors.
  CHECK(std::abs(moments[1]) < 5 * std::sqrt(1.0 / kDraws));
  CHECK(std::abs(moments[2] - 1) < 5 * std::sqrt(2.0 / kDraws));
  CHECK(std::abs(moments[3]) < 5 * std::sqrt(15.0 / kDraws));
  CHECK(std::abs(moments[4] - 3) < 5 * std::sqrt(96.0 / kDraws));
  // Kolmogorov-Smirnov: sqrt(n) D exceeds 1.95 with probability 0.001.
  std::sort(draws.begin(), draws.end());
  double distance = 0;
  for (int i = 0; i < kDraws; ++i) {
    const double expected = 0.5 * std::erfc(-draws[size_t(i)] / std::sqrt(2.0));
    distance = std::max({distance, expected - double(i) / kDraws, double(i + 1) / kDraws - expected});
  }
  CHECK(distance * std::sqrt(double(kDraws)) < 1.95);
}

TEST_CASE("below is uniform by the chi-square test and reaches both ends", "[random]") {
  const Random random(3, Purpose::augment);
  constexpr int kDraws = 100000, kValues = 10;
  std::vector<long> counts(kValues);
  for (int i = 0; i < kDraws; ++i) ++counts.at(random.below(uint64_t(i), kValues));
  double chi_square = 0;
  for (const long count : counts) chi_square += std::pow(double(count) - 1e4, 2) / 1e4;
  CHECK(chi_square < 27.88);  // 9 degrees of freedom, probability 0.001
  CHECK(random.below(5, 1) == 0);
}

TEST_CASE("below is the high half of a 128-bit product", "[random]") {
  const Random random(4, Purpose::augment);
  __extension__ using Wide = unsigned __int128;
  for (uint64_t i = 0; i < 1000; ++i) {
    const std::vector<uint32_t> block = words(random.block(i));
    const uint64_t x = uint64_t(block[1]) << 32 | block[0];
    const uint64_t n = i % 2 ? ~uint64_t(0) - i : uint64_t(3) << (i % 60);
    REQUIRE(random.below(i, n) == uint64_t(Wide(x) * n >> 64));
  }
}

TEST_CASE("a permutation holds every item once and changes with seed and epoch", "[random]") {
  std::vector<uint32_t> order = permutation(1, 0, 1000);
  CHECK(order == permutation(1, 0, 1000));
  CHECK(order != permutation(1, 1, 1000));
  CHECK(order != permutation(2, 0, 1000));
  std::vector<uint32_t> sorted(1000);
  std::iota(sorted.begin(), sorted.end(), 0u);
  CHECK(order != sorted);
  std::sort(order.begin(), order.end());
  CHECK(order == sorted);
  CHECK(permutation(1, 0, 0).empty());
  CHECK(permutation(1, 0, 1) == std::vector<uint32_t>{0});
}

TEST_CASE("all orders of four items are equally likely", "[random]") {
  std::vector<long> counts(256);  // indexed by the order's base-4 digits; 24 of them are permutations
  constexpr int kEpochs = 24000;
  for (int epoch = 0; epoch < kEpochs; ++epoch) {
    const std::vector<uint32_t> order = permutation(5, uint64_t(epoch), 4);
    ++counts[order[0] * 64 + order[1] * 16 + order[2] * 4 + order[3]];
  }
  double chi_square = 0;
  for (const long count : counts) {
    if (count > 0) chi_square += std::pow(double(count) - 1000, 2) / 1000;
  }
  CHECK(std::count(counts.begin(), counts.end(), 0) == 256 - 24);
  CHECK(chi_square < 49.73);  // 23 degrees of freedom, probability 0.001
}

}  // namespace
}  // namespace tandem
