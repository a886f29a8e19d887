#include "apps/trained_net.h"

#include <algorithm>

#include "apps/model_folder.h"
#include "engine/core/error.h"
#include "engine/train/run_folder.h"

namespace tandem {

std::string TrainedNet::class_name(int number) const {
  return number < int(header.class_names.size()) ? header.class_names[size_t(number)]
                                                 : "class " + std::to_string(number);
}

TrainedNet open_trained_net(const std::string& name, Device& device, int most_images,
                            std::optional<Precision> precision) {
  TrainedNet trained;
  trained.checkpoint = find_checkpoint(name);
  trained.header = read_checkpoint_header(trained.checkpoint);
  const ModelFolder model =
      parse_model(trained.header.net_toml, trained.header.recipe_toml, trained.checkpoint.string());
  trained.recipe = parse_recipe(model.recipe);
  const Normaliser normaliser = read_normaliser(trained.checkpoint, trained.recipe.input.subtract);
  trained.transform = std::make_unique<Transform>(normaliser.format(), trained.recipe.input, trained.recipe.augment,
                                                  normaliser, trained.header.colours);
  NetOptions net_options{.batch = trained.recipe.batch, .training = false};
  if (most_images > 0) net_options.batch = std::min(net_options.batch, most_images);
  trained.net = build_net(model, precision.value_or(trained.recipe.precision), device, net_options);
  trained.augmenter = std::make_unique<Augmenter>(*trained.transform, device, net_options.batch);
  load_parameters(trained.checkpoint, *trained.net);
  return trained;
}

int last_hidden_layer(const NetOutline& plan) {
  const auto last = std::find_if(plan.layers.rbegin(), plan.layers.rend(),
                                 [](const PlannedLayer& layer) { return !layer.parameters.empty(); });
  if (last == plan.layers.rend() || last->inputs[0] < 0)
    throw UsageError(plan.name, "has no hidden layer", "choose a net with more than one layer of weights");
  return last->inputs[0];
}

void check_trained_for(const TrainedNet& trained, const Dataset& data) {
  const ImageFormat format = trained.header.image;
  if (data.format() != format)
    throw UsageError(data.name(), "has " + to_string(data.format()) + " images, but " + trained.checkpoint.string() +
                                      " was trained on " + to_string(format));
  check_data_fits(trained.net->plan().name, trained.net->plan().input, trained.net->plan().classes, data,
                  *trained.transform);
  // Either may know fewer classes (a split without the last ones) or only their numbers.
  const std::vector<std::string>&mine = trained.header.class_names, &theirs = data.class_names();
  for (size_t i = 0; i < std::min(mine.size(), theirs.size()); ++i) {
    const std::string number = std::to_string(i);
    if (mine[i] == theirs[i] || mine[i] == number || theirs[i] == number) continue;
    throw UsageError(data.name(),
                     "calls class " + number + " '" + theirs[i] + "', but " + trained.checkpoint.string() +
                         " knows it as '" + mine[i] + "'",
                     "give the data set that it was trained on");
  }
}

}  // namespace tandem
