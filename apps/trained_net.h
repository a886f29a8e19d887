// A net out of a checkpoint, ready to look at images: what every command after training works with.
#pragma once
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/data/augmenter.h"
#include "engine/train/checkpoint.h"
#include "engine/train/recipe.h"

namespace tandem {

struct TrainedNet {
  std::filesystem::path checkpoint;
  CheckpointHeader header;
  Recipe recipe;
  std::unique_ptr<Transform> transform;
  std::unique_ptr<AnyNet<float>> net;
  std::unique_ptr<Augmenter> augmenter;

  std::string class_name(int number) const;  // the training set's, or "class N" where the net has more classes
};

// `name` is a run's folder, whose newest checkpoint is taken, or a checkpoint. Throws UsageError if there is none and
// Error for a file that is not one. The net takes batches of the recipe's size, or of `most_images` where that is less
// and not 0, and computes in `precision`, by default that of its training.
TrainedNet open_trained_net(const std::string& name, Device& device, int most_images = 0,
                            std::optional<Precision> precision = {});

// The layer whose output the last layer with weights makes logits of. Throws UsageError if that is the image itself.
int last_hidden_layer(const NetOutline& plan);

// Throws UsageError unless the data set's images and classes are those that the net was trained on.
void check_trained_for(const TrainedNet& trained, const Dataset& data);

}  // namespace tandem
