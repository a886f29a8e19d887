// Philox4x32-10, the counter-based random number generator: a pure function from (counter, key) to 128 random bits,
// so that any draw can be made on any machine, by any thread, in any order, and made again.
// Salmon, Moraes, Dror, Shaw: "Parallel random numbers: as easy as 1, 2, 3", SC'11, section 3.3 and table 2.
#pragma once
#include <cstdint>

#include "kernels/host_device.h"

namespace tandem {

struct PhiloxBlock {  // a counter going in, four random words coming out
  uint32_t word[4];
};
struct PhiloxKey {
  uint32_t word[2];
};

TANDEM_HOST_DEVICE inline PhiloxBlock philox(PhiloxBlock counter, PhiloxKey key) {
  constexpr uint32_t kMultiplier0 = 0xD2511F53u, kMultiplier1 = 0xCD9E8D57u;
  constexpr uint32_t kWeyl0 = 0x9E3779B9u, kWeyl1 = 0xBB67AE85u;  // golden ratio, sqrt(3) - 1
  for (int round = 0; round < 10; ++round) {
    const uint64_t product0 = uint64_t(kMultiplier0) * counter.word[0];
    const uint64_t product1 = uint64_t(kMultiplier1) * counter.word[2];
    counter = {{uint32_t(product1 >> 32) ^ counter.word[1] ^ key.word[0], uint32_t(product1),
                uint32_t(product0 >> 32) ^ counter.word[3] ^ key.word[1], uint32_t(product0)}};
    key = {{key.word[0] + kWeyl0, key.word[1] + kWeyl1}};
  }
  return counter;
}

}  // namespace tandem
