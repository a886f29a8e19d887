// How good nets are on a data set, each by itself and all together.
#pragma once
#include <functional>
#include <vector>

#include "engine/train/prediction.h"
#include "engine/train/tally.h"

namespace tandem {

// A net among those whose predictions are averaged, and the windows through which it is shown each image.
struct Member {
  AnyNet<float>& net;
  Augmenter& augmenter;
  std::vector<CropWindow> windows;
};

struct EnsembleEvaluation {
  Evaluation mean;                  // of the averaged predictions
  std::vector<Evaluation> members;  // of each net's own
};

// Sees each batch and the averaged prediction for it.
using PredictionWatcher = std::function<void(const Batch& batch, const Prediction& mean)>;

// One epoch of a reader in test mode, which must be at an epoch's beginning, through one net or more, all with the same
// number of classes. `stop`, if given, is asked between batches; when it says true the rest is left out, and `images`
// says so.
EnsembleEvaluation evaluate(const std::vector<Member>& members, BatchReader& reader,
                            const PredictionWatcher& watch = {}, const std::function<bool()>& stop = {});

}  // namespace tandem
