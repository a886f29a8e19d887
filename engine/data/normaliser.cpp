#include "engine/data/normaliser.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "engine/core/error.h"

namespace tandem {
namespace {

// How many numbers a mean of that kind has.
size_t value_count(Subtract subtract, ImageFormat format) {
  switch (subtract) {
    case Subtract::none:
      return 0;
    case Subtract::mean:
      return size_t(format.channels);
    case Subtract::mean_image:
      return size_t(format.elements());
  }
  throw Error("normaliser", "unknown kind of mean");
}

}  // namespace

Subtract subtract_from_name(const std::string& name) {
  for (const Subtract subtract : {Subtract::none, Subtract::mean, Subtract::mean_image}) {
    if (name == to_string(subtract)) return subtract;
  }
  throw UsageError("input.subtract", "\"" + name + "\" is not known", "use \"none\", \"mean\" or \"mean-image\"");
}

std::string to_string(Subtract subtract) {
  switch (subtract) {
    case Subtract::none:
      return "none";
    case Subtract::mean:
      return "mean";
    case Subtract::mean_image:
      return "mean-image";
  }
  throw Error("normaliser", "unknown kind of mean");
}

Normaliser Normaliser::measure(Subtract subtract, const Dataset& training) {
  const ImageFormat format = training.format();
  const size_t count = value_count(subtract, format);
  if (count == 0) return Normaliser(subtract, format, {});

  std::vector<uint8_t> pixels(size_t(format.elements()));
  std::vector<uint64_t> sums(count, 0);
  int32_t label = 0;
  for (long i = 0; i < training.size(); ++i) {
    training.read(i, pixels.data(), &label);
    // Channels are innermost, so a channel's mean is a mean image of one pixel, laid over all of them.
    for (size_t first = 0; first < pixels.size(); first += count) {
      for (size_t k = 0; k < count; ++k) sums[k] += pixels[first + k];
    }
  }
  const double samples = double(training.size()) * double(pixels.size() / count);
  std::vector<float> values;
  for (const uint64_t sum : sums) values.push_back(float(double(sum) / samples));
  return Normaliser(subtract, format, std::move(values));
}

Normaliser::Normaliser(Subtract subtract, ImageFormat format, std::vector<float> values)
    : subtract_(subtract), format_(format), values_(std::move(values)) {
  const size_t count = value_count(subtract, format);
  if (values_.size() != count) {
    throw Error("normaliser", "the " + to_string(subtract) + " of " + to_string(format) + " images has " +
                                  std::to_string(count) + " values, not " + std::to_string(values_.size()));
  }
  if (!std::all_of(values_.begin(), values_.end(), [](float value) { return std::isfinite(value); })) {
    throw Error("normaliser", "the " + to_string(subtract) + " holds a value that is not finite");
  }
}

std::vector<float> Normaliser::image() const {
  std::vector<float> image(size_t(format_.elements()), 0.0f);
  for (size_t k = 0; k < image.size() && !values_.empty(); ++k) image[k] = values_[k % values_.size()];
  return image;
}

}  // namespace tandem
