#include "engine/report/image.h"

// Static, so that no other library's copy of these functions can clash with this one.
#define STB_IMAGE_WRITE_STATIC
#define STB_IMAGE_WRITE_IMPLEMENTATION
#include <stb/stb_image_write.h>

#include <algorithm>
#include <cstdlib>
#include <memory>
#include <new>
#include <span>
#include <stdexcept>

#include "engine/core/error.h"
#include "engine/files/atomic_file.h"

namespace tandem {

Image::Image(int height, int width, Colour fill)
    : height(height), width(width), rgb(static_cast<size_t>(height) * width * 3) {
  for (size_t i = 0; i < rgb.size(); ++i) rgb[i] = fill[i % 3];
}

Image enlarge(const Image& image, int factor) {
  Image large(image.height * factor, image.width * factor);
  for (int y = 0; y < large.height; ++y)
    for (int x = 0; x < large.width; ++x) std::copy_n(image.pixel(y / factor, x / factor), 3, large.pixel(y, x));
  return large;
}

Image framed(const Image& image, int border, Colour colour) {
  Image result(image.height + 2 * border, image.width + 2 * border, colour);
  paste(result, image, border, border);
  return result;
}

void paste(Image& canvas, const Image& image, int top, int left) {
  if (top < 0 || left < 0 || top + image.height > canvas.height || left + image.width > canvas.width)
    throw std::logic_error("paste: the image does not fit");
  if (image.rgb.empty()) return;
  for (int y = 0; y < image.height; ++y)
    std::copy_n(image.pixel(y, 0), static_cast<size_t>(image.width) * 3, canvas.pixel(top + y, left));
}

std::vector<std::byte> encode_png(const Image& image) {
  if (image.rgb.empty()) throw std::logic_error("encode_png: a picture without pixels");
  int size = 0;
  const std::unique_ptr<unsigned char, void (*)(void*)> png(
      stbi_write_png_to_mem(image.rgb.data(), image.width * 3, image.width, image.height, 3, &size), std::free);
  if (!png) throw std::bad_alloc();
  const std::span<const std::byte> bytes = std::as_bytes(std::span(png.get(), static_cast<size_t>(size)));
  return {bytes.begin(), bytes.end()};
}

void write_png(const std::filesystem::path& path, const Image& image) {
  if (image.rgb.empty()) throw Error(path.string(), "a picture without pixels cannot be written");
  AtomicFile file(path);
  file.write(encode_png(image));
  file.commit();
}

}  // namespace tandem
