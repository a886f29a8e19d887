#include "engine/data/exif.h"

#include <algorithm>
#include <cstdint>
#include <stdexcept>
#include <utility>

namespace tandem {
namespace {

constexpr size_t kEntryBytes = 12;  // tag, type, count, value
constexpr uint32_t kOrientationTag = 0x0112, kShort = 3, kUpright = 1;

// Integers of a TIFF block, whose first two bytes say in which order theirs are.
class TiffBytes {
 public:
  explicit TiffBytes(std::span<const std::byte> bytes)
      : bytes_(bytes), big_endian_(!bytes.empty() && bytes[0] == std::byte{'M'}) {}

  // `count` bytes at `offset`; std::out_of_range beyond the end.
  uint32_t read(size_t offset, int count) const {
    uint32_t value = 0;
    for (int i = 0; i < count; ++i) {
      const size_t at = offset + size_t(big_endian_ ? i : count - 1 - i);
      if (at >= bytes_.size()) throw std::out_of_range("EXIF");
      value = value << 8 | uint32_t(bytes_[at]);
    }
    return value;
  }

 private:
  std::span<const std::byte> bytes_;
  bool big_endian_;
};

uint32_t orientation_tag(const TiffBytes& tiff) {
  const uint32_t order = tiff.read(0, 2);  // "II" or "MM"
  if ((order != 0x4949 && order != 0x4d4d) || tiff.read(2, 2) != 42) return kUpright;
  const size_t directory = tiff.read(4, 4), entries = tiff.read(directory, 2);
  for (size_t i = 0; i < entries; ++i) {
    const size_t entry = directory + 2 + i * kEntryBytes;
    if (tiff.read(entry, 2) == kOrientationTag && tiff.read(entry + 2, 2) == kShort) return tiff.read(entry + 8, 2);
  }
  return kUpright;
}

}  // namespace

int exif_orientation(std::span<const std::byte> tiff) {
  try {
    const uint32_t value = orientation_tag(TiffBytes(tiff));
    return value >= 1 && value <= 8 ? int(value) : int(kUpright);
  } catch (const std::out_of_range&) {
    return kUpright;
  }
}

Image oriented(Image image, int orientation) {
  if (orientation == 1) return image;
  const bool transpose = orientation >= 5;
  const bool mirror_columns = orientation == 2 || orientation == 3 || orientation == 7 || orientation == 8;
  const bool mirror_rows = orientation == 3 || orientation == 4 || orientation == 6 || orientation == 7;
  Image upright(transpose ? image.width : image.height, transpose ? image.height : image.width);
  for (int y = 0; y < upright.height; ++y) {
    for (int x = 0; x < upright.width; ++x) {
      const int row = transpose ? x : y, column = transpose ? y : x;
      std::copy_n(
          image.pixel(mirror_rows ? image.height - 1 - row : row, mirror_columns ? image.width - 1 - column : column),
          3, upright.pixel(y, x));
    }
  }
  return upright;
}

}  // namespace tandem
