#include "kernels/philox.h"

#include <catch2/catch.hpp>
#include <cstdint>
#include <vector>

namespace tandem {
namespace {

std::vector<uint32_t> words(const PhiloxBlock& block) { return {block.word, block.word + 4}; }

// The known answers published with Random123 (tests/kat_vectors, "philox4x32 10").
TEST_CASE("Philox4x32-10 gives Random123's known answers", "[philox]") {
  using Words = std::vector<uint32_t>;
  constexpr uint32_t kOnes = 0xffffffffu;
  REQUIRE(words(philox({{0, 0, 0, 0}}, {{0, 0}})) == Words{0x6627e8d5u, 0xe169c58du, 0xbc57ac4cu, 0x9b00dbd8u});
  REQUIRE(words(philox({{kOnes, kOnes, kOnes, kOnes}}, {{kOnes, kOnes}})) ==
          Words{0x408f276du, 0x41c83b0eu, 0xa20bc7c6u, 0x6d5451fdu});
  REQUIRE(words(philox({{0x243f6a88u, 0x85a308d3u, 0x13198a2eu, 0x03707344u}}, {{0xa4093822u, 0x299f31d0u}})) ==
          Words{0xd16cfe09u, 0x94fdccebu, 0x5001e420u, 0x24126ea1u});  // digits of pi
}

}  // namespace
}  // namespace tandem
