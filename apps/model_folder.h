// Finds the two files that make a model: what the network is, and how it is trained.
#pragma once
#include <memory>
#include <string>
#include <vector>

#include "engine/core/options.h"
#include "engine/net/net.h"
#include "engine/net/precision.h"

namespace tandem {

struct ModelFolder {
  Options net, recipe;  // net.toml and recipe.toml, overrides applied
};

// `model` is a folder with net.toml and recipe.toml, or the name of one among the program's own models (apps/models, or
// the folder that the environment variable TANDEM_MODELS names). Each override is "key=value": the key `net.x` sets x
// in net.toml, one that begins with a layer's name sets that layer's key, every other one sets a key of recipe.toml.
// Throws UsageError for an unknown model, naming the known ones, and for overrides that cannot be.
ModelFolder load_model(const std::string& model, const std::vector<std::string>& overrides);
bool model_exists(const std::string& model);  // as load_model understands it

// The same two files from a checkpoint, which `name` stands for in messages.
ModelFolder parse_model(const std::string& net_toml, const std::string& recipe_toml, const std::string& name);

// Plans the model's network. Throws UsageError for whatever is wrong in net.toml, unknown keys included.
template <class T>
NetPlan<T> plan_model(const ModelFolder& model);

// Plans the model's network and takes its memory, as Net does.
std::unique_ptr<AnyNet<float>> build_net(const ModelFolder& model, Precision precision, Device& device,
                                         const NetOptions& options);

}  // namespace tandem
