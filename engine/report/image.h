// Pictures for people: 8-bit RGB in memory, PNG on the disk.
#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <vector>

namespace tandem {

using Colour = std::array<uint8_t, 3>;  // red, green, blue

struct Image {
  int height = 0, width = 0;
  std::vector<uint8_t> rgb;  // [height][width][3]

  Image() = default;
  Image(int height, int width, Colour fill = {0, 0, 0});

  uint8_t* pixel(int y, int x) { return &rgb[(static_cast<size_t>(y) * width + x) * 3]; }
  const uint8_t* pixel(int y, int x) const { return &rgb[(static_cast<size_t>(y) * width + x) * 3]; }
};

Image enlarge(const Image& image, int factor);  // each pixel becomes factor x factor pixels
Image framed(const Image& image, int border, Colour colour);
void paste(Image& canvas, const Image& image, int top, int left);  // must fit

std::vector<std::byte> encode_png(const Image& image);  // there must be pixels

// Atomically (see AtomicFile); an Error if that fails or there are no pixels.
void write_png(const std::filesystem::path& path, const Image& image);

}  // namespace tandem
