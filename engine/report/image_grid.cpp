#include "engine/report/image_grid.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <string>

#include "engine/core/error.h"

namespace tandem {

namespace {

constexpr Colour kWhite = {255, 255, 255};
constexpr Colour kMagenta = {255, 0, 255};
constexpr Colour kGreen = {0x2c, 0xa0, 0x2c};
constexpr Colour kRed = {0xd6, 0x27, 0x28};
constexpr int kGap = 2;       // between pictures
constexpr int kGroupGap = 8;  // between groups of filters, beyond the white around each
constexpr int kFrame = 3;     // around a prediction

// `weights` is one filter, [height][width][channels].
Image filter_image(std::span<const float> weights, int height, int width, int channels) {
  float low = INFINITY, high = -INFINITY;
  for (float weight : weights) {
    if (!std::isfinite(weight)) continue;
    low = std::min(low, weight);
    high = std::max(high, weight);
  }
  // In double, where the difference of two floats cannot overflow.
  const double range = static_cast<double>(high) - low;
  Image image(height, width);
  for (int pixel = 0; pixel < height * width; ++pixel) {
    const float* values = &weights[static_cast<size_t>(pixel) * channels];
    uint8_t* out = image.pixel(pixel / width, pixel % width);
    if (!std::all_of(values, values + channels, [](float value) { return std::isfinite(value); })) {
      std::copy(kMagenta.begin(), kMagenta.end(), out);
      continue;
    }
    for (int c = 0; c < 3; ++c) {
      const double value = values[channels == 3 ? c : 0];
      out[c] = range > 0 ? static_cast<uint8_t>(std::lround(255 * (value - low) / range)) : 128;
    }
  }
  return image;
}

}  // namespace

Image image_grid(const std::vector<Image>& cells, int columns, int gap) {
  if (cells.empty() || columns < 1) return {};
  const int height = cells[0].height, width = cells[0].width;
  const int count = static_cast<int>(cells.size());
  columns = std::min(columns, count);
  const int rows = (count + columns - 1) / columns;
  Image grid(rows * (height + gap) + gap, columns * (width + gap) + gap, kWhite);
  for (int i = 0; i < count; ++i) {
    if (cells[i].height != height || cells[i].width != width)
      throw std::logic_error("image_grid: cells of different sizes");
    paste(grid, cells[i], gap + i / columns * (height + gap), gap + i % columns * (width + gap));
  }
  return grid;
}

Image filter_grid(std::span<const float> weights, int outputs, int height, int width, int channels, int columns,
                  int scale, int groups) {
  if (channels != 1 && channels != 3)
    throw Error("filters", "of " + std::to_string(channels) + " channels cannot be shown as pictures",
                "show a layer with 1 or 3 input channels");
  const size_t filter_size = static_cast<size_t>(height) * width * channels;
  if (groups < 1 || outputs % groups != 0 || weights.size() != outputs * filter_size)
    throw std::logic_error("filter_grid: sizes that do not match");

  Image stack;
  for (int group = 0; group < groups; ++group) {
    std::vector<Image> filters;
    for (int output = group * (outputs / groups); output < (group + 1) * (outputs / groups); ++output)
      filters.push_back(
          enlarge(filter_image(weights.subspan(output * filter_size, filter_size), height, width, channels), scale));
    const Image block = image_grid(filters, columns, kGap);
    if (group == 0) stack = Image(groups * (block.height + kGroupGap) - kGroupGap, block.width, kWhite);
    paste(stack, block, group * (block.height + kGroupGap), 0);
  }
  return stack;
}

Image prediction_grid(const std::vector<Image>& images, std::span<const int> truth, std::span<const int> predicted,
                      int columns, int scale) {
  if (truth.size() != images.size() || predicted.size() != images.size())
    throw std::logic_error("prediction_grid: one true and one predicted class for each image");
  std::vector<Image> cells;
  for (size_t i = 0; i < images.size(); ++i)
    cells.push_back(framed(enlarge(images[i], scale), kFrame, truth[i] == predicted[i] ? kGreen : kRed));
  return image_grid(cells, columns, kGap);
}

}  // namespace tandem
