// What nets say of images, and the mean of what several say: of the views of one net, or of nets (the paper's "5
// CNNs").
#pragma once
#include <cstddef>
#include <span>
#include <vector>

#include "engine/data/augmenter.h"
#include "engine/net/net.h"

namespace tandem {

struct Prediction {
  int images = 0, classes = 0;
  std::vector<double> probabilities;  // [images][classes]
  std::vector<double> losses;         // [images], -log of the label's probability

  std::span<const double> of(int image) const {
    return std::span(probabilities).subspan(size_t(image) * size_t(classes), size_t(classes));
  }
};

// The mean of the probabilities, and its loss. That is computed from the losses, log n - log(sum of exp(-loss)), so
// that a label that every net thinks all but impossible has a finite loss. The mean of one prediction is itself, bit
// for bit. All are of the same images and classes; there is at least one.
Prediction mean(const std::vector<Prediction>& predictions);

// What a net in evaluation mode (no dropout) says of a batch: the mean over the windows through which it is shown each
// image, whatever was drawn for the batch.
Prediction predict(AnyNet<float>& net, Augmenter& augmenter, std::span<const CropWindow> windows, const Batch& batch);

// The windows of so many views: the centre, or the paper's ten. Throws UsageError unless there are 1 or 10.
std::vector<CropWindow> view_windows(const Transform& transform, int views);

}  // namespace tandem
