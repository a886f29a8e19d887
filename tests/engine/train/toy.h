// A small net with the parts of AlexNet, and images that it can learn to tell apart.
#pragma once
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "engine/core/options.h"
#include "engine/core/random.h"
#include "engine/data/memory_dataset.h"
#include "engine/train/recipe.h"
#include "engine/train/trainer.h"
#include "tests/engine/net_text.h"

namespace tandem {

inline const std::string kToyNet = R"(name = "toy"
input = { height = 12, width = 12, channels = 2 }
classes = 3
[[layer]]
name = "conv1"
type = "convolution"
outputs = 8
kernel = 5
pad = 2
init = { weights = "he" }
[[layer]]
name = "relu1"
type = "relu"
[[layer]]
name = "norm1"
type = "lrn"
n = 5
alpha = 1e-2
beta = 0.75
k = 2
groups = 2
[[layer]]
name = "pool1"
type = "max-pool"
kernel = 3
stride = 2
[[layer]]
name = "conv2"
type = "convolution"
outputs = 12
kernel = 3
pad = 1
groups = 2
init = { weights = "he" }
[[layer]]
name = "relu2"
type = "relu"
[[layer]]
name = "pool2"
type = "max-pool"
kernel = 3
stride = 2
[[layer]]
name = "fc3"
type = "fully-connected"
outputs = 16
init = { weights = "he" }
[[layer]]
name = "relu3"
type = "relu"
[[layer]]
name = "drop3"
type = "dropout"
keep = 0.5
rule = "paper"
[[layer]]
name = "fc4"
type = "fully-connected"
outputs = 3
init = { weights = "he" }
[[layer]]
name = "loss"
type = "softmax-cross-entropy"
)";

// Five steps of eight images an epoch; the plateau rule bites.
inline const std::string kToyRecipe = R"(batch = 8
epochs = 4
momentum = 0.9
decay = 5e-4
seed = 3
rate = { schedule = "plateau", base = 0.02, patience = 1, factor = 0.5 }
biases = { rate_multiplier = 2, decay_multiplier = 0 }
input = { subtract = "mean-image", scale = 0.01 }
augment = { crop = 12, flip = true }
)";
constexpr long kToySteps = 20, kToyStepsPerEpoch = 5;

// 14 x 14 x 2 images of noise, with a bright row of pixels whose height tells the class (so that neither flips nor
// crops matter).
inline MemoryDataset toy_images(int count, uint64_t seed, int classes = 3) {
  constexpr int kSize = 14, kChannels = 2;
  const Random noise(seed, Purpose::augment);
  std::vector<uint8_t> pixels, labels;
  for (int i = 0; i < count; ++i) {
    labels.push_back(uint8_t(i % classes));
    for (int y = 0; y < kSize; ++y)
      for (int x = 0; x < kSize * kChannels; ++x)
        pixels.push_back(uint8_t(noise.below(pixels.size(), 60) + (y / 4 == i % classes ? 150 : 0)));
  }
  std::vector<std::string> names;
  for (int c = 0; c < classes; ++c) names.push_back("class " + std::to_string(c));
  return {"toy", {kSize, kSize, kChannels}, names, pixels, labels};
}

// Everything that a run needs, made anew: nothing but a checkpoint can carry over from one to another.
struct ToyRun {
  explicit ToyRun(const DeviceOptions& options = {.threads = 2}, const std::string& recipe_toml = kToyRecipe,
                  const std::string& net_toml = kToyNet)
      : device(open_cpu(options)),
        recipe(parse_recipe(Options::parse(recipe_toml, "recipe.toml"))),
        normaliser(Normaliser::measure(recipe.input.subtract, train)),
        built(build(recipe, net_toml, *device)),
        trainer(net, recipe, train, test, normaliser) {
    net.initialize(recipe.seed);
  }

  std::vector<std::vector<float>> parameters() const {
    std::vector<std::vector<float>> all;
    for (const Parameter<float>& p : net.parameters()) {
      all.push_back(on_host(net, p.value, p.elements()));
      all.push_back(on_host(net, p.momentum, p.elements()));
    }
    return all;
  }

  std::unique_ptr<Device> device;
  MemoryDataset train = toy_images(43, 1), test = toy_images(20, 2);  // the last train images sit an epoch out
  Recipe recipe;
  Normaliser normaliser;
  std::unique_ptr<AnyNet<float>> built;
  AnyNet<float>& net = *built;
  Trainer trainer;

 private:
  static std::unique_ptr<AnyNet<float>> build(const Recipe& recipe, const std::string& net_toml, Device& device) {
    const NetOptions options{.batch = recipe.batch};
    if (recipe.precision == Precision::bf16)
      return std::make_unique<Net<bf16>>(plan_text<bf16>(net_toml), device, options);
    return std::make_unique<Net<float>>(plan_text<float>(net_toml), device, options);
  }
};

}  // namespace tandem
