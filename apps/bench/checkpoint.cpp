// tandem bench checkpoint: how long a model's training stands still for a checkpoint, and how long resuming takes.
#include <algorithm>
#include <filesystem>

#include "apps/bench/bench.h"
#include "apps/bench/report.h"
#include "apps/bench/stopwatch.h"
#include "apps/model_folder.h"
#include "engine/core/error.h"
#include "engine/report/numbers.h"
#include "engine/train/checkpoint.h"

namespace tandem {
namespace {

namespace fs = std::filesystem;

struct CheckpointArguments {
  ModelArguments model;
  DeviceArguments device;
  std::string file;
  OutputArguments output;
  int rounds = 5;
};

std::string median_and_range(const std::vector<double>& all) {
  const auto [least, most] = std::minmax_element(all.begin(), all.end());
  return fixed(median(all), 2) + " s (" + fixed(*least, 2) + " to " + fixed(*most, 2) + ")";
}

int bench_checkpoint(const CheckpointArguments& arguments) {
  const fs::path file = arguments.file;
  if (fs::exists(file)) throw UsageError(file.string(), "is there already", "name a file that is not");
  const ModelFolder model = load_model(arguments.model.model, arguments.model.overrides);
  const Recipe recipe = parse_recipe(model.recipe);
  const auto device = open_device(arguments.device);
  nlohmann::json setting = bench_setting("checkpoint", *device);
  setting["models"] = nlohmann::json::array({plan_model<float>(model).name});
  setting["precision"] = name_of(recipe.precision);
  setting["changes"] = changes_of(arguments.model);
  Report report(arguments.output, std::move(setting));
  const auto built = build_net(model, recipe.precision, *device, {.batch = 1});
  AnyNet<float>& net = *built;
  net.initialize(recipe.seed);
  const ImageFormat image{net.plan().input.height, net.plan().input.width, net.plan().input.channels};
  const CheckpointHeader header{
      .net_toml = model.net.toml(), .recipe_toml = model.recipe.toml(), .state = {}, .class_names = {}, .image = image};
  const Normaliser normaliser(Subtract::mean_image, image, std::vector<float>(size_t(image.elements())));

  std::vector<double> saving, loading;
  for (int round = 0; round < arguments.rounds; ++round) {
    saving.push_back(seconds_of([&] { save_checkpoint(file, net, header, normaliser); }));
    loading.push_back(seconds_of([&] {
      load_parameters(file, net);
      device->synchronize();
    }));
  }
  const uint64_t bytes = fs::file_size(file);
  fs::remove(file);
  const std::string name = net.plan().name;
  report.finish(name + ": a checkpoint has " + human_bytes(bytes) + "; medians of " + std::to_string(arguments.rounds) +
                    ": saved and synced in " + median_and_range(saving) +
                    ", loaded and verified (from the page cache) in " + median_and_range(loading) + "\n",
                {{.model = name, .pass = "save", .seconds = saving, .bytes = double(bytes)},
                 {.model = name, .pass = "load", .seconds = loading, .bytes = double(bytes)}});
  return kOk;
}

}  // namespace

void add_bench_checkpoint(CLI::App& bench, Command& command) {
  CLI::App* parser = bench.add_subcommand("checkpoint", "Saving and loading a model's checkpoint");
  parser->footer("Example:\n  tandem bench checkpoint alexnet-2012 --file ./trial.safetensors\n");
  const auto arguments = std::make_shared<CheckpointArguments>();
  add_model_arguments(*parser, arguments->model);
  add_device_arguments(*parser, arguments->device);
  parser->add_option("--file", arguments->file, "Where to write, on the disk in question; removed afterwards")
      ->required();
  parser->add_option("--rounds", arguments->rounds, "How often")->check(CLI::Range(1, 1000))->capture_default_str();
  add_output_arguments(*parser, arguments->output);
  parser->callback([=, &command] { command = [=] { return bench_checkpoint(*arguments); }; });
}

}  // namespace tandem
