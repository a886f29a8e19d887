#include "engine/data/transform.h"

#include <algorithm>
#include <cmath>

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

// The paper's rule depends on the unit of l, which it does not state. For values from 0 to 255, noise of a thousand
// grey levels would drown every image; for values from 0 to 1, where l is 255^2 times smaller, it is a few of them.
double factor_of_draw(ColourRule rule, double eigenvalue) {
  return rule == ColourRule::paper ? eigenvalue / 255 : std::sqrt(std::max(0.0, eigenvalue));
}

void check(const ColourRecipe& colour, ImageFormat format) {
  if (colour.rule == ColourRule::none) return;
  if (format.channels != kNoiseChannels) {
    throw UsageError("augment.colour", "needs images with three channels, these are of " + to_string(format),
                     "set augment.colour.rule to \"none\"");
  }
  if (!std::isfinite(colour.deviation) || colour.deviation < 0)
    throw UsageError("augment.colour.deviation", "must be a finite number, 0 or more");
  if (colour.epochs < 0) throw UsageError("augment.colour.epochs", "cannot be negative");
}

}  // namespace

MeanCrop mean_crop_from_name(const std::string& name) {
  if (name == "centre") return MeanCrop::centre;
  if (name == "window") return MeanCrop::window;
  throw UsageError("input.mean_crop", "\"" + name + "\" is not known", "use \"centre\" or \"window\"");
}

ColourRule colour_rule_from_name(const std::string& name) {
  if (name == "none") return ColourRule::none;
  if (name == "paper") return ColourRule::paper;
  if (name == "cuda-convnet") return ColourRule::cuda_convnet;
  throw UsageError("augment.colour.rule", "\"" + name + "\" is not known",
                   "use \"none\", \"paper\" or \"cuda-convnet\"");
}

TrainingStatistics measure_training_set(const InputRecipe& input, const AugmentRecipe& augment,
                                        const Dataset& training) {
  if (augment.colour.rule == ColourRule::none) return {Normaliser::measure(input.subtract, training), {}};
  const DatasetStatistics statistics = statistics_of(training);
  return {Normaliser::measure(input.subtract, statistics), statistics.colour};
}

Transform::Transform(ImageFormat source, const InputRecipe& input, const AugmentRecipe& augment,
                     const Normaliser& normaliser, const std::optional<ColourPca>& colours)
    : source_(source),
      resized_(resized_format(source, input.resize)),
      output_(cropped_format(resized_, augment.crop)),
      flip_(augment.flip),
      scale_(float(input.scale)),
      mean_crop_(input.mean_crop),
      rows_(linear_filter(source.height, resized_.height)),
      columns_(linear_filter(source.width, resized_.width)),
      colour_(augment.colour),
      noise_(colours.value_or(ColourPca{})) {
  if (!std::isfinite(scale_) || scale_ == 0) throw UsageError("input.scale", "must be a finite number other than 0");
  if (normaliser.format() != source) {
    throw UsageError("input.subtract", "the mean belongs to images of " + to_string(normaliser.format()) +
                                           ", these are of " + to_string(source));
  }
  check(colour_, source);
  if (colour_.rule != ColourRule::none && !colours)
    throw Error("transform", "colour noise wants the colours of the training set");
  for (double& eigenvalue : noise_.eigenvalues) eigenvalue = factor_of_draw(colour_.rule, eigenvalue);
  mean_ = normaliser.image();
  if (resized_ != source) mean_ = resample(mean_, source.width, source.channels, rows_, columns_);
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

ImageDraw Transform::view(const CropWindow& window) const {
  return {.window = window, .mean_window = mean_crop_ == MeanCrop::window ? window : centre(), .gain = scale_};
}

ImageDraw Transform::draw(uint64_t seed, long epoch, long index) const {
  const Random random(seed, Purpose::augment, uint64_t(epoch));
  const uint64_t first = uint64_t(index) * 4;
  ImageDraw draw = view({int(random.below(first, uint64_t(resized_.height - output_.height + 1))),
                         int(random.below(first + 1, uint64_t(resized_.width - output_.width + 1))),
                         flip_ && random.below(first + 2, 2) == 1});
  const bool noisy = colour_.rule != ColourRule::none && (colour_.epochs == 0 || epoch < colour_.epochs);
  if (!noisy) return draw;
  const Random colours(seed, Purpose::colour, uint64_t(epoch));
  std::array<double, 3> alphas{};
  for (size_t j = 0; j < 3; ++j) alphas[j] = colour_.deviation * colours.normal(uint64_t(index) * 3 + j);
  const std::array<double, 3> delta = noise_.delta(alphas);
  std::copy(delta.begin(), delta.end(), draw.noise);
  if (colour_.rule == ColourRule::cuda_convnet) draw.gain = float(scale_ / (1 + colour_.deviation));
  return draw;
}

}  // namespace tandem
