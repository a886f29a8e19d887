#include "engine/data/transform.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "engine/core/error.h"
#include "engine/core/random.h"

namespace tandem {
namespace {

constexpr int kMaximumSide = 4096;

ImageFormat resized_format(ImageFormat source, int resize) {
  if (resize < 0 || resize > kMaximumSide) {
    throw UsageError("input.resize", std::to_string(resize) + " is not possible",
                     "choose 0 (no resizing) to " + std::to_string(kMaximumSide));
  }
  return resize == 0 ? source : ImageFormat{resize, resize, source.channels};
}

ImageFormat cropped_format(ImageFormat image, int crop) {
  const int limit = std::min(image.height, image.width);
  if (crop < 0 || crop > limit) {
    throw UsageError("augment.crop", std::to_string(crop) + " is not possible for images of " + to_string(image),
                     "choose 0 (whole images) to " + std::to_string(limit));
  }
  return crop == 0 ? image : ImageFormat{crop, crop, image.channels};
}

}  // namespace

Transform::Transform(ImageFormat source, const InputRecipe& input, const AugmentRecipe& augment,
                     const Normaliser& normaliser)
    : source_(source),
      resized_(resized_format(source, input.resize)),
      output_(cropped_format(resized_, augment.crop)),
      flip_(augment.flip),
      scale_(float(input.scale)),
      rows_(linear_filter(source.height, resized_.height)),
      columns_(linear_filter(source.width, resized_.width)),
      narrowed_(size_t(source.height) * output_.width * output_.channels),
      mean_(size_t(output_.elements())) {
  if (!std::isfinite(scale_) || scale_ == 0) throw UsageError("input.scale", "must be a finite number other than 0");
  if (normaliser.format() != source) {
    throw UsageError("input.subtract", "the mean belongs to images of " + to_string(normaliser.format()) +
                                           ", these are of " + to_string(source));
  }
  resample(normaliser.image().data(), centre(), mean_.data());
}

CropWindow Transform::centre() const {
  return {(resized_.height - output_.height) / 2, (resized_.width - output_.width) / 2, false};
}

std::array<CropWindow, 10> Transform::ten_views() const {
  const int bottom = resized_.height - output_.height, right = resized_.width - output_.width;
  std::array<CropWindow, 10> views{CropWindow{0, 0}, {0, right}, {bottom, 0}, {bottom, right}, centre()};
  for (size_t view = 0; view < 5; ++view) {
    views[view + 5] = views[view];
    views[view + 5].flip = true;
  }
  return views;
}

CropWindow Transform::draw(uint64_t seed, long epoch, long index) const {
  const Random random(seed, Purpose::augment, uint64_t(epoch));
  const uint64_t first = uint64_t(index) * 4;  // room for one more draw an image
  return {int(random.below(first, uint64_t(resized_.height - output_.height + 1))),
          int(random.below(first + 1, uint64_t(resized_.width - output_.width + 1))),
          flip_ && random.below(first + 2, 2) == 1};
}

void Transform::apply(const uint8_t* image, CropWindow window, float* out) {
  resample(image, window, out);
  const float scale = scale_;
  const float* mean = mean_.data();
  for (size_t k = 0; k < mean_.size(); ++k) out[k] = (out[k] - mean[k]) * scale;
}

// First along the rows, for the window's columns only, then down the columns, for its rows only. Without resizing both
// filters have one tap of weight 1 and the pixels pass exactly.
template <class Pixel>
void Transform::resample(const Pixel* image, CropWindow window, float* out) {
  const int channels = output_.channels, width = output_.width;
  const long row_elements = long(width) * channels;

  const int first_row = rows_.first[size_t(window.top)];
  const int end_row = rows_.first[size_t(window.top + output_.height - 1)] + rows_.taps;
  for (int row = first_row; row < end_row; ++row) {
    const Pixel* in = image + long(row) * source_.width * channels;
    float* narrowed = narrowed_.data() + row * row_elements;
    for (int column = 0; column < width; ++column) {
      const size_t from = size_t(window.left + (window.flip ? width - 1 - column : column));
      const float* weights = columns_.weights.data() + from * size_t(columns_.taps);
      const Pixel* pixel = in + long(columns_.first[from]) * channels;
      for (int c = 0; c < channels; ++c) {
        float sum = 0;
        for (int t = 0; t < columns_.taps; ++t) sum += weights[t] * float(pixel[t * channels + c]);
        narrowed[long(column) * channels + c] = sum;
      }
    }
  }

  for (int row = 0; row < output_.height; ++row) {
    const size_t from = size_t(window.top + row);
    const float* weights = rows_.weights.data() + from * size_t(rows_.taps);
    const float* in = narrowed_.data() + rows_.first[from] * row_elements;
    float* to = out + row * row_elements;
    for (long k = 0; k < row_elements; ++k) to[k] = weights[0] * in[k];
    for (int t = 1; t < rows_.taps; ++t) {
      for (long k = 0; k < row_elements; ++k) to[k] += weights[t] * in[t * row_elements + k];
    }
  }
}

}  // namespace tandem
