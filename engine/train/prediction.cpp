#include "engine/train/prediction.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "engine/core/error.h"

namespace tandem {
namespace {

// Of the largest term first, so that none overflows and not all underflow.
double loss_of_mean(const std::vector<Prediction>& predictions, size_t image) {
  double least = INFINITY;
  for (const Prediction& prediction : predictions) least = std::min(least, prediction.losses[image]);
  if (!std::isfinite(least)) return least;
  double sum = 0;
  for (const Prediction& prediction : predictions) sum += std::exp(least - prediction.losses[image]);
  return least + std::log(double(predictions.size()) / sum);
}

}  // namespace

Prediction mean(const std::vector<Prediction>& predictions) {
  Prediction result = predictions.at(0);
  if (predictions.size() == 1) return result;
  for (size_t p = 1; p < predictions.size(); ++p) {
    if (predictions[p].images != result.images || predictions[p].classes != result.classes)
      throw std::logic_error("mean: predictions of different images or classes");
    for (size_t i = 0; i < result.probabilities.size(); ++i) result.probabilities[i] += predictions[p].probabilities[i];
  }
  for (double& probability : result.probabilities) probability /= double(predictions.size());
  for (size_t image = 0; image < result.losses.size(); ++image) result.losses[image] = loss_of_mean(predictions, image);
  return result;
}

Prediction predict(AnyNet<float>& net, Augmenter& augmenter, std::span<const CropWindow> windows, const Batch& batch) {
  net.set_labels(batch.labels.data(), batch.count);
  augmenter.load(batch);
  std::vector<Prediction> predictions;
  for (const CropWindow& window : windows) {
    augmenter.look_through(window);
    augmenter.write(net.input());
    net.forward(/*training=*/false, /*seed=*/0, /*step=*/0);
    const std::vector<float> probabilities = net.probabilities();
    predictions.push_back(
        {batch.count, net.plan().classes, {probabilities.begin(), probabilities.end()}, net.losses()});
  }
  return mean(predictions);
}

std::vector<CropWindow> view_windows(const Transform& transform, int views) {
  if (views == 1) return {transform.centre()};
  if (views != 10) throw UsageError("views", std::to_string(views) + " is not possible", "choose 1 or 10");
  const auto ten = transform.ten_views();
  return {ten.begin(), ten.end()};
}

}  // namespace tandem
