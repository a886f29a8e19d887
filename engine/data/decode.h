// Photographs to pixels: JPEG, PNG, BMP and GIF (its first picture), told apart by their first bytes, not their names.
#pragma once
#include <cstddef>
#include <filesystem>
#include <span>
#include <string>

#include "engine/report/image.h"

namespace tandem {

// Larger pictures are refused before memory is taken: 134 million pixels are 403 MB of RGB.
constexpr long kMaximumPixels = 1L << 27;

// 8-bit RGB of the size that the file has. Pixels are those of Pillow's convert("RGB"), except that
//   * what is transparent is laid over white: out = (alpha * colour + (255 - alpha) * 255) / 255, rounded;
//   * 16-bit samples keep their high byte.
// The EXIF orientation of a JPEG is applied; colour profiles are not. A file that is cut short, fails a checksum or
// holds data that its decoder had to guess is refused: every failure is an Error that begins with `name`.
//
// A JPEG may be decoded at 1/2, 1/4 or 1/8 of its size, which is faster (the inverse transforms are smaller), as long
// as its short side stays at least `short_side` pixels. 0: at full size.
Image decode_image(std::span<const std::byte> bytes, const std::string& name, int short_side = 0);

// The same for a file; `name` is its path.
Image read_image(const std::filesystem::path& path, int short_side = 0);

// Throws Error unless both sides are positive and there are no more pixels than kMaximumPixels.
void check_image_size(long height, long width, const std::string& name);

}  // namespace tandem
