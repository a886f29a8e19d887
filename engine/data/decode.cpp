#include "engine/data/decode.h"

#include <cstdint>
#include <vector>

#include "engine/core/error.h"
#include "engine/data/gzip.h"
#include "engine/data/jpeg.h"
#include "engine/data/stb_picture.h"

namespace tandem {
namespace {

constexpr size_t kLargestFile = size_t(1) << 28;

bool is_jpeg(std::span<const std::byte> bytes) {
  return bytes.size() >= 2 && bytes[0] == std::byte{0xff} && bytes[1] == std::byte{0xd8};
}

}  // namespace

Image decode_image(std::span<const std::byte> bytes, const std::string& name, int short_side) {
  return is_jpeg(bytes) ? decode_jpeg(bytes, name, short_side) : decode_stb_picture(bytes, name);
}

Image read_image(const std::filesystem::path& path, int short_side) {
  const std::vector<uint8_t> bytes = read_file(path, kLargestFile);
  return decode_image(std::as_bytes(std::span(bytes)), path.string(), short_side);
}

void check_image_size(long height, long width, const std::string& name) {
  if (height < 1 || width < 1) throw Error(name, "is a picture without pixels");
  if (height > kMaximumPixels / width)
    throw Error(name, "has " + std::to_string(width) + " x " + std::to_string(height) + " pixels, more than the " +
                          std::to_string(kMaximumPixels) + " that are read");
}

}  // namespace tandem
