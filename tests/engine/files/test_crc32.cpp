// Tests engine/files/crc32 against published values.
#include "engine/files/crc32.h"

#include <catch2/catch.hpp>
#include <string_view>

using namespace tandem;

TEST_CASE("crc32 gives the published check values") {
  const auto of = [](std::string_view text) { return crc32(std::as_bytes(std::span(text))); };
  CHECK(of("") == 0);
  CHECK(of("123456789") == 0xcbf43926);  // the check value of every catalogue of CRCs
  CHECK(of(std::string_view("\0\0\0\0", 4)) == 0x2144df1c);
}
