// Counter-based random numbers: a draw is a pure function of (seed, purpose, a, index), so any thread may take any draw
// in any order, nothing has to be saved to resume a run, and a GPU can take the same draws. The generator is
// Philox4x32-10 (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC 2011).
#pragma once
#include <cstdint>
#include <vector>

#include "kernels/philox.h"

namespace tandem {

// What a stream is for: eight bits of the counter, so that no two purposes ever share a draw.
// Dropout is 0 because its kernel takes its draws itself (kernels/dropout.cu), at what is here purpose 0, index
// element / 4, `a` = layer + step * 2^32.
enum class Purpose : uint8_t { dropout = 0, initialise = 1, shuffle = 2, augment = 3, colour = 4 };

// One stream of draws. Index i owns one block of four 32-bit words, and every function of i below reads that block:
// take one kind of draw at an index. The key is the seed (low word first), the counter is
//   word 0: index bits 0..31    word 1: index bits 32..55, purpose << 24    words 2 and 3: a, low word first.
// Indices are below 2^56.
class Random {
 public:
  // `a` tells streams of one purpose apart: a parameter's number, an epoch, a step.
  Random(uint64_t seed, Purpose purpose, uint64_t a = 0) : seed_(seed), purpose_(purpose), a_(a) {}

  PhiloxBlock block(uint64_t i) const;
  uint32_t bits(uint64_t i) const;   // the block's first word
  double uniform(uint64_t i) const;  // in [0, 1), a multiple of 2^-53
  double normal(uint64_t i) const;   // mean 0, variance 1 (Box-Muller)
  // In [0, n), n > 0. A value's probability is off from 1 / n by less than 2^-64.
  uint64_t below(uint64_t i, uint64_t n) const;

 private:
  uint64_t seed_;
  Purpose purpose_;
  uint64_t a_;
};

// The order in which epoch `epoch` visits n items: a Fisher-Yates shuffle of 0 .. n - 1 (Knuth, TAOCP 2, algorithm P).
std::vector<uint32_t> permutation(uint64_t seed, uint64_t epoch, uint32_t n);

}  // namespace tandem
