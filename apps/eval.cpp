// tandem eval: the test error of a run or a checkpoint.
#include <iostream>

#include "apps/commands.h"
#include "apps/model_folder.h"
#include "engine/core/error.h"
#include "engine/data/open.h"
#include "engine/report/numbers.h"
#include "engine/train/evaluate.h"
#include "engine/train/run_folder.h"
#include "engine/train/trainer.h"

namespace tandem {
namespace {

struct EvalArguments {
  std::string checkpoint, data, split = "test";
  DeviceArguments device;
};

int eval(const EvalArguments& arguments) {
  const auto path = find_checkpoint(arguments.checkpoint);
  const CheckpointHeader header = read_checkpoint_header(path);
  const ModelFolder model = parse_model(header.net_toml, header.recipe_toml, path.string());
  NetPlan<float> plan = plan_model<float>(model);
  const Recipe recipe = parse_recipe(model.recipe);
  const Split split = arguments.split == "test" ? Split::test : Split::train;
  const auto dataset = open_dataset(arguments.data, split);
  const Normaliser normaliser = read_normaliser(path, recipe.input.subtract);
  if (dataset->format() != normaliser.format())
    throw UsageError(dataset->name(), "has " + to_string(dataset->format()) + " images, but " + path.string() +
                                          " was trained on " + to_string(normaliser.format()));
  const Transform transform(dataset->format(), recipe.input, recipe.augment, normaliser, header.colours);
  check_data_fits(plan.name, plan.input, plan.classes, *dataset, transform);

  const auto device = open_device(arguments.device);
  Net<float> net(std::move(plan), *device, {.batch = recipe.batch, .training = false});
  load_parameters(path, net);
  BatchReader reader(*dataset, transform, recipe.batch, recipe.seed, 0, ReadMode::test);
  Augmenter augmenter(transform, *device, recipe.batch);
  const Evaluation result = evaluate(net, augmenter, reader);
  std::cout << net.plan().name << " after " << grouped(header.state.step) << " steps, " << grouped(result.images)
            << " images of the " << arguments.split << " set: error " << fixed(result.error, 2) << " %, top-5 error "
            << fixed(result.top5_error, 2) << " %, loss " << fixed(result.loss, 4) << '\n';
  return kOk;
}

}  // namespace

void add_eval(CLI::App& tandem, Command& command) {
  CLI::App* parser = tandem.add_subcommand("eval", "Measure the error of a run or a checkpoint on a data set");
  parser->footer("Example:\n  tandem eval runs/mine --data /usr/share/datasets/fashion-mnist\n");
  const auto arguments = std::make_shared<EvalArguments>();
  parser->add_option("run", arguments->checkpoint, "A run's folder (its newest checkpoint is taken) or a checkpoint")
      ->required();
  parser->add_option("--data", arguments->data, "Folder of the data set")->required();
  parser->add_option("--split", arguments->split, "Which part of it: test or train")
      ->check(CLI::IsMember({"test", "train"}))
      ->capture_default_str();
  add_device_arguments(*parser, arguments->device);
  parser->callback([=, &command] { command = [=] { return eval(*arguments); }; });
}

}  // namespace tandem
