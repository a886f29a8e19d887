// Photographs: JPEG, PNG, BMP, GIF, at full size and scaled down.
#include <zlib.h>

#include <vector>

#include "engine/data/decode.h"
#include "tests/fuzz/target.h"

namespace {

uint32_t big_endian(const uint8_t* bytes) {
  return uint32_t(bytes[0]) << 24 | uint32_t(bytes[1]) << 16 | uint32_t(bytes[2]) << 8 | bytes[3];
}

// A fuzzer cannot guess the checksum after each chunk of a PNG, whoever writes a hostile file computes it.
std::vector<uint8_t> with_png_checksums(tandem::fuzz::Bytes input) {
  std::vector<uint8_t> bytes(input.begin(), input.end());
  constexpr size_t kSignature = 8, kField = 4;
  for (size_t chunk = kSignature; chunk + 3 * kField <= bytes.size();) {
    const size_t length = big_endian(&bytes[chunk]);
    if (length > bytes.size() - chunk - 3 * kField) break;
    const auto checksum = uint32_t(crc32(0, &bytes[chunk + kField], uInt(kField + length)));
    chunk += 3 * kField + length;
    for (size_t i = 0; i < kField; ++i) bytes[chunk - 1 - i] = uint8_t(checksum >> 8 * i);
  }
  return bytes;
}

}  // namespace

void tandem::fuzz::read(Bytes input) {
  const bool png = text(input).starts_with("\x89PNG");
  const std::vector<uint8_t> bytes = png ? with_png_checksums(input) : std::vector(input.begin(), input.end());
  decode_image(std::as_bytes(std::span(bytes)), "photo");
  decode_image(std::as_bytes(std::span(bytes)), "photo", /*short_side=*/4);
}
