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
  if (subtract == Subtract::none) return Normaliser(subtract, training.format(), {});
  return measure(subtract, statistics_of(training));
}

Normaliser Normaliser::measure(Subtract subtract, const DatasetStatistics& training) {
  switch (subtract) {
    case Subtract::none:
      return Normaliser(subtract, training.format, {});
    case Subtract::mean:
      return Normaliser(subtract, training.format, {training.channel_means.begin(), training.channel_means.end()});
    case Subtract::mean_image:
      return Normaliser(subtract, training.format, training.mean_image);
  }
  throw Error("normaliser", "unknown kind of mean");
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
