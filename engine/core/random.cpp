#include "engine/core/random.h"

#include <cmath>
#include <numbers>
#include <numeric>
#include <utility>

namespace tandem {
namespace {

uint32_t low(uint64_t x) { return uint32_t(x); }
uint32_t high(uint64_t x) { return uint32_t(x >> 32); }
uint64_t pair(uint32_t low_word, uint32_t high_word) { return uint64_t(high_word) << 32 | low_word; }

// The top 53 bits, a double's whole significand: every value k * 2^-53 in [0, 1) is equally likely.
double unit(uint64_t x) { return double(x >> 11) * 0x1p-53; }

}  // namespace

PhiloxBlock Random::block(uint64_t i) const {
  constexpr uint32_t kIndexMask = 0xffffff;
  const PhiloxBlock counter{{low(i), (high(i) & kIndexMask) | uint32_t(purpose_) << 24, low(a_), high(a_)}};
  return philox(counter, PhiloxKey{{low(seed_), high(seed_)}});
}

uint32_t Random::bits(uint64_t i) const { return block(i).word[0]; }

double Random::uniform(uint64_t i) const {
  const PhiloxBlock words = block(i);
  return unit(pair(words.word[0], words.word[1]));
}

double Random::normal(uint64_t i) const {
  const PhiloxBlock words = block(i);
  const double u = unit(pair(words.word[0], words.word[1])) + 0x1p-53;  // in (0, 1]: its logarithm is finite
  const double v = unit(pair(words.word[2], words.word[3]));
  return std::sqrt(-2 * std::log(u)) * std::cos(2 * std::numbers::pi * v);
}

uint64_t Random::below(uint64_t i, uint64_t n) const {
  // floor(x * n / 2^64) for 64 random bits x: the high half of a 128-bit product, summed from 32-bit halves.
  const PhiloxBlock words = block(i);
  const uint64_t low_product = words.word[0] * uint64_t(low(n));
  const uint64_t middle = words.word[1] * uint64_t(low(n)) + high(low_product);
  const uint64_t other_middle = words.word[0] * uint64_t(high(n)) + low(middle);
  return words.word[1] * uint64_t(high(n)) + high(middle) + high(other_middle);
}

std::vector<uint32_t> permutation(uint64_t seed, uint64_t epoch, uint32_t n) {
  const Random random(seed, Purpose::shuffle, epoch);
  std::vector<uint32_t> order(n);
  std::iota(order.begin(), order.end(), 0u);
  for (uint32_t last = n; last > 1; --last) std::swap(order[last - 1], order[random.below(last, last)]);
  return order;
}

}  // namespace tandem
