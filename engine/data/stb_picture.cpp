#include "engine/data/stb_picture.h"

#include <cstdlib>

#include "engine/data/decode.h"

namespace {

// A compressed picture may claim to be any size; more than this no picture within kMaximumPixels needs.
constexpr size_t kLargestBlock = size_t(tandem::kMaximumPixels) * 9;

void* bounded_realloc(void* block, size_t bytes) {
  return bytes > kLargestBlock ? nullptr : std::realloc(block, bytes);  // NOLINT: stb_image is written in C
}

}  // namespace

// Static, so that no other library's copy of these functions can clash with this one.
#define STB_IMAGE_STATIC
#define STB_IMAGE_IMPLEMENTATION
#define STBI_ONLY_PNG
#define STBI_ONLY_BMP
#define STBI_ONLY_GIF
#define STBI_NO_STDIO
#define STBI_MALLOC(bytes) bounded_realloc(nullptr, bytes)
#define STBI_REALLOC(block, bytes) bounded_realloc(block, bytes)
#define STBI_FREE(block) std::free(block)
#include <stb/stb_image.h>
#include <zlib.h>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <string_view>

#include "engine/core/error.h"

namespace tandem {
namespace {

constexpr const char* kCutShort = "is a picture file that is cut short";
constexpr std::string_view kPngSignature("\x89PNG\r\n\x1a\n", 8);

std::string_view as_text(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

uint32_t big_endian(const std::byte* bytes) {
  uint32_t value = 0;
  for (int i = 0; i < 4; ++i) value = value << 8 | uint32_t(bytes[i]);
  return value;
}

// Every chunk is length, type, data, CRC of type and data (PNG specification, section 5.3); the last one is IEND.
void check_png_chunks(std::span<const std::byte> bytes, const std::string& name) {
  constexpr size_t kAround = 12;
  bytes = bytes.subspan(kPngSignature.size());
  for (bool ended = false; !ended;) {
    const size_t length = bytes.size() < kAround ? 0 : big_endian(bytes.data());
    if (bytes.size() < kAround || length > bytes.size() - kAround) throw Error(name, "is a PNG file that is cut short");
    const auto* type = reinterpret_cast<const Bytef*>(bytes.data() + 4);
    if (crc32(0, type, uInt(length + 4)) != big_endian(bytes.data() + 8 + length))
      throw Error(name, "is a broken PNG file: a checksum is wrong");
    ended = as_text(bytes).substr(4, 4) == "IEND";
    bytes = bytes.subspan(length + kAround);
  }
}

// What stb_image reads from: memory that remembers whether somebody has asked for more than there is.
class Source {
 public:
  explicit Source(std::span<const std::byte> bytes) : left_(bytes) {}

  bool ran_out() const { return ran_out_; }

  static const stbi_io_callbacks& callbacks() {
    static const stbi_io_callbacks kCallbacks = {read, skip, at_end};
    return kCallbacks;
  }

 private:
  static int read(void* user, char* to, int count) {
    Source& source = *static_cast<Source*>(user);
    const size_t given = std::min(source.left_.size(), size_t(std::max(count, 0)));
    if (given == 0 && count > 0) source.ran_out_ = true;  // fewer than asked for are fine: it fills a buffer
    std::copy_n(as_text(source.left_).data(), given, to);
    source.left_ = source.left_.subspan(given);
    return int(given);
  }
  static void skip(void* user, int count) {  // backwards never, in these formats
    Source& source = *static_cast<Source*>(user);
    const size_t skipped = std::min(source.left_.size(), size_t(std::max(count, 0)));
    source.ran_out_ = source.ran_out_ || skipped != size_t(count);
    source.left_ = source.left_.subspan(skipped);
  }
  static int at_end(void* user) { return static_cast<Source*>(user)->left_.empty(); }

  std::span<const std::byte> left_;
  bool ran_out_ = false;
};

Image over_white(const stbi_uc* rgba, int height, int width) {
  Image image(height, width);
  for (size_t i = 0; i < image.rgb.size() / 3; ++i) {
    const int alpha = rgba[i * 4 + 3];
    for (size_t c = 0; c < 3; ++c)
      image.rgb[i * 3 + c] = uint8_t((rgba[i * 4 + c] * alpha + 255 * (255 - alpha) + 127) / 255);
  }
  return image;
}

}  // namespace

Image decode_stb_picture(std::span<const std::byte> bytes, const std::string& name) {
  if (as_text(bytes).starts_with(kPngSignature)) check_png_chunks(bytes, name);
  int width = 0, height = 0, channels = 0;
  Source header(bytes);
  if (!stbi_info_from_callbacks(&Source::callbacks(), &header, &width, &height, &channels))
    throw Error(name, "is not a picture that can be read", "use JPEG, PNG, BMP or GIF files");
  check_image_size(height, width, name);
  // A BMP is not compressed, so a few bytes must not take the time and the memory of the largest picture.
  if (as_text(bytes).starts_with("BM") && bytes.size() < size_t(height) * size_t(width) / 8)
    throw Error(name, kCutShort);

  Source source(bytes);
  const std::unique_ptr<stbi_uc, void (*)(void*)> rgba(
      stbi_load_from_callbacks(&Source::callbacks(), &source, &width, &height, &channels, STBI_rgb_alpha), std::free);
  if (source.ran_out()) throw Error(name, kCutShort);
  if (!rgba) throw Error(name, std::string("is a broken picture file (") + stbi_failure_reason() + ")");
  return over_white(rgba.get(), height, width);
}

}  // namespace tandem
