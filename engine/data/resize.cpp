#include "engine/data/resize.h"

#include <algorithm>
#include <vector>

#include "engine/data/axis_filter.h"
#include "engine/data/decode.h"

namespace tandem {
namespace {

constexpr int kChannels = 3;

struct Size {
  int height, width;
};

struct Window {
  int top, left, height, width;
};

Size short_side_size(const Image& image, int side, const std::string& name) {
  const int shorter = std::min(image.height, image.width);
  const long height = long(side) * image.height / shorter, width = long(side) * image.width / shorter;
  check_image_size(height, width, name + " (resized)");
  return {int(height), int(width)};
}

Window centre(const Size& size, int side) { return {(size.height - side) / 2, (size.width - side) / 2, side, side}; }

// A window of the image resized to `size`. First down the columns, whole rows at a time (which vectorises), for the
// columns that the window reads; then along the rows.
Image resample(const Image& image, const Size& size, const Window& window) {
  const AxisFilter rows = linear_filter(image.height, size.height), columns = linear_filter(image.width, size.width);
  const int first_column = columns.first[size_t(window.left)];
  const int end_column = columns.first[size_t(window.left + window.width - 1)] + columns.taps;
  std::vector<float> mixed(size_t(end_column - first_column) * kChannels);  // rows of the image, weighted and added
  Image result(window.height, window.width);
  for (int y = 0; y < window.height; ++y) {
    const size_t row = size_t(window.top + y);
    std::fill(mixed.begin(), mixed.end(), 0.0f);
    for (int t = 0; t < rows.taps; ++t) {
      const float weight = rows.weights[row * size_t(rows.taps) + size_t(t)];
      const uint8_t* from = image.pixel(rows.first[row] + t, first_column);
      for (size_t k = 0; k < mixed.size(); ++k) mixed[k] += weight * float(from[k]);
    }
    for (int x = 0; x < window.width; ++x) {
      const size_t column = size_t(window.left + x);
      const float* weights = columns.weights.data() + column * size_t(columns.taps);
      const float* from = mixed.data() + (columns.first[column] - first_column) * kChannels;
      float red = 0.5f, green = 0.5f, blue = 0.5f;  // the conversion to integers cuts off
      for (int t = 0; t < columns.taps; ++t, from += kChannels) {
        red += weights[t] * from[0];
        green += weights[t] * from[1];
        blue += weights[t] * from[2];
      }
      uint8_t* to = result.pixel(y, x);
      to[0] = uint8_t(red);
      to[1] = uint8_t(green);
      to[2] = uint8_t(blue);
    }
  }
  return result;
}

}  // namespace

Image resize(const Image& image, int height, int width) {
  return resample(image, {height, width}, {0, 0, height, width});
}

Image resize_short_side(const Image& image, int side, const std::string& name) {
  const Size size = short_side_size(image, side, name);
  return resize(image, size.height, size.width);
}

Image resize_to_square(const Image& image, int side, const std::string& name) {
  const Size size = short_side_size(image, side, name);
  return resample(image, size, centre(size, side));
}

Image centre_square(const Image& image, int side) {
  const Window window = centre({image.height, image.width}, side);
  Image square(side, side);
  for (int y = 0; y < side; ++y)
    std::copy_n(image.pixel(window.top + y, window.left), size_t(side) * kChannels, square.pixel(y, 0));
  return square;
}

}  // namespace tandem
