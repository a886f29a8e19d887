// tandem import: weights that another program has trained, as a run that can be evaluated and trained.
#include <iostream>

#include "apps/commands.h"
#include "apps/model_folder.h"
#include "engine/data/open.h"
#include "engine/net/torch_file.h"
#include "engine/report/numbers.h"
#include "engine/train/run_folder.h"
#include "engine/train/trainer.h"

namespace tandem {
namespace {

struct ImportArguments {
  std::string file, from, data, out;
  ModelArguments model;
  DeviceArguments device;
};

int import_weights(const ImportArguments& arguments) {
  const ModelFolder model = load_model(arguments.model.model, arguments.model.overrides);
  NetPlan<float> plan = plan_model<float>(model);
  const Recipe recipe = parse_recipe(model.recipe);
  auto images = open_dataset(arguments.data, Split::train);
  if (recipe.limit > 0) images = subset(std::move(images), recipe.limit);
  const TrainingStatistics statistics = measure_training_set(recipe.input, recipe.augment, *images);
  check_data_fits(plan.name, plan.input, plan.classes, *images,
                  Transform(images->format(), recipe.input, recipe.augment, statistics.normaliser, statistics.colours));

  const auto device = open_device(arguments.device);
  Net<float> net(std::move(plan), *device, {.batch = 1});
  read_torch_file(arguments.file, net);
  const CheckpointHeader header{.net_toml = model.net.toml(),
                                .recipe_toml = model.recipe.toml(),
                                .state = {},
                                .class_names = images->class_names(),
                                .image = images->format(),
                                .colours = statistics.colours};
  RunFolder folder(arguments.out);
  folder.create(header.net_toml, header.recipe_toml);
  save_checkpoint(folder.checkpoint(0), net, header, statistics.normaliser);
  std::cout << "Read " << grouped(net.plan().parameter_count()) << " numbers into " << folder.checkpoint(0).string()
            << "\nNext you could try:\n"
            << "  tandem eval " << arguments.out << " --data " << arguments.data << "\n"
            << "  tandem train " << arguments.model.model << " --data " << arguments.data << " --out " << arguments.out
            << " --resume\n";
  return kOk;
}

}  // namespace

void add_import(CLI::App& tandem, Command& command) {
  CLI::App* parser = tandem.add_subcommand("import", "Make a run of weights that PyTorch has trained");
  parser->footer(R"(Example:
  tandem import alexnet.safetensors alexnet-owt --from torch --data DIR --out runs/imported
  tandem eval runs/imported --data DIR

The file is what `tandem export` writes, or safetensors.torch.save_file(net.state_dict(), FILE) in Python: exactly the
network's tensors, in float32. The data set gives the mean that the model's recipe subtracts, and the classes' names.
)");
  const auto arguments = std::make_shared<ImportArguments>();
  parser->add_option("file", arguments->file, "The safetensors file")->required();
  add_model_arguments(*parser, arguments->model);
  add_device_arguments(*parser, arguments->device);
  parser->add_option("--from", arguments->from, "Whose names and layout the file has: torch")
      ->check(CLI::IsMember({"torch"}))
      ->required();
  parser->add_option("--data", arguments->data, "Folder of the data set")->required();
  parser->add_option("--out", arguments->out, "The new run's folder")->required();
  parser->callback([=, &command] { command = [=] { return import_weights(*arguments); }; });
}

}  // namespace tandem
