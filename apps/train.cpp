// tandem train: trains a model on a data set, into a run folder that can be resumed.
#include <chrono>
#include <csignal>
#include <ctime>
#include <iostream>
#include <nlohmann/json.hpp>

#include "apps/commands.h"
#include "apps/model_folder.h"
#include "apps/run_pictures.h"
#include "apps/run_recorder.h"
#include "engine/core/error.h"
#include "engine/data/open.h"
#include "engine/files/atomic_file.h"
#include "engine/report/numbers.h"

namespace tandem {
namespace {

volatile std::sig_atomic_t interrupted = 0;

// The first Ctrl-C ends the step, saves and exits; a second one has its usual meaning.
void on_interrupt(int signal) {
  interrupted = 1;
  std::signal(signal, SIG_DFL);
}

struct TrainArguments {
  ModelArguments model;
  DeviceArguments device;
  std::string data, out;
  bool resume = false;
  long checkpoint_every = 0;
  // Shorthands for --set; empty: not given.
  std::string epochs, steps, batch, rate, seed;

  std::vector<std::string> overrides() const {
    std::vector<std::string> all = model.overrides;
    const auto add = [&](const std::string& key, const std::string& value) {
      if (!value.empty()) all.push_back(key + "=" + value);
    };
    add("epochs", epochs);
    add("steps", steps);
    add("batch", batch);
    add("rate.base", rate);
    add("seed", seed);
    return all;
  }
};

std::string default_folder(const std::string& net) {
  const std::time_t now = std::time(nullptr);
  char stamp[32];
  std::strftime(stamp, sizeof stamp, "%Y%m%d-%H%M%S", std::localtime(&now));
  return "runs/" + net + "-" + stamp;
}

// Throws unless the run goes on as it began; only its length may change.
void check_same_settings(const RunFolder& folder, const CheckpointHeader& saved, const CheckpointHeader& now) {
  if (saved.net_toml != now.net_toml || recipe_hash(saved.recipe_toml) != recipe_hash(now.recipe_toml))
    throw UsageError(folder.path().string(), "was trained with other settings than these",
                     "resume without changes (only --epochs and --steps may differ), or start a new run");
}

void check_unfinished(const RunFolder& folder, const Trainer& trainer) {
  const long step = trainer.state().step, steps = trainer.total_steps();
  if (step > steps || (step == steps && folder.finished()))
    throw UsageError(folder.path().string(),
                     "has done " + grouped(step) + " steps, and " + grouped(steps) + " are asked for",
                     "ask for more with --epochs or --steps");
}

void save_result(const RunFolder& folder, const Trainer& trainer, const Evaluation& test, double seconds) {
  const nlohmann::json result = {{"step", trainer.state().step},
                                 {"test_error", test.error},
                                 {"test_top5_error", test.top5_error},
                                 {"test_loss", test.loss},
                                 {"seconds", seconds}};
  write_file(folder.file("result.json"), result.dump(2) + "\n");
}

void print_what_next(const RunFolder& folder, const TrainArguments& arguments) {
  const std::string run = folder.path().string();
  std::cout << "\nThe run's folder is " << run << ":\n"
            << "  log.jsonl        what happened, a JSON object a line\n"
            << "  curve.svg        the learning curve\n"
            << "  conv1.png        the first layer's kernels\n"
            << "  predictions.png  test images: framed green where the net is right, red where it is wrong\n"
            << "  " << folder.newest_checkpoint()->filename().string() << "\n"
            << "Next you could try:\n"
            << "  tandem eval " << run << " --data " << arguments.data << "\n"
            << "  tandem train " << arguments.model.model << " --data " << arguments.data << " --out " << run
            << " --resume --epochs N   # train longer\n";
}

int train(const TrainArguments& arguments) {
  const ModelFolder named = load_model(arguments.model.model, arguments.overrides());
  if (arguments.resume && arguments.out.empty())
    throw UsageError("--resume", "does not say which run", "add its folder: --out FOLDER");
  const RunFolder folder(arguments.out.empty() ? default_folder(named.net.text("name")) : arguments.out);
  const auto checkpoint = arguments.resume ? folder.newest_checkpoint() : std::nullopt;
  const ModelFolder model = checkpoint ? load_model(folder.path().string(), arguments.overrides()) : named;
  NetPlan<float> plan = plan_model<float>(model);
  const Recipe recipe = parse_recipe(model.recipe);
  const std::string net_name = plan.name;

  auto train_set = open_dataset(arguments.data, Split::train);
  if (recipe.limit > 0) train_set = subset(std::move(train_set), recipe.limit);
  const auto test_set = open_dataset(arguments.data, Split::test);
  const auto device = open_device(arguments.device);

  CheckpointHeader header{.net_toml = model.net.toml(),
                          .recipe_toml = model.recipe.toml(),
                          .state = {},
                          .class_names = train_set->class_names(),
                          .image = train_set->format()};
  if (checkpoint) {
    const CheckpointHeader saved = read_checkpoint_header(*checkpoint);
    check_same_settings(folder, saved, header);
    header.state = saved.state;
  }
  const Normaliser normaliser = checkpoint ? read_normaliser(*checkpoint, recipe.input.subtract)
                                           : Normaliser::measure(recipe.input.subtract, *train_set);
  Net<float> net(std::move(plan), *device, {.batch = recipe.batch});
  Trainer trainer(net, recipe, *train_set, *test_set, normaliser);
  if (checkpoint) {
    load_parameters(*checkpoint, net);
    trainer.restore(header.state);
    check_unfinished(folder, trainer);
    folder.reopen(header.recipe_toml);
  } else {
    net.initialize(recipe.seed);
    folder.create(header.net_toml, header.recipe_toml);
  }

  std::cout << (checkpoint ? "Resuming " : "Training ") << net_name << " on " << train_set->name() << ": "
            << grouped(train_set->size()) << " images, batch " << recipe.batch << ", " << grouped(trainer.total_steps())
            << " steps (" << fixed(double(trainer.total_steps()) / double(trainer.steps_per_epoch()), 1)
            << " epochs), seed " << recipe.seed << ", " << device->description() << std::endl;
  const auto started = std::chrono::steady_clock::now();
  RunRecorder recorder(folder, recipe, header.state.step, trainer.steps_per_epoch(), trainer.total_steps(),
                       [&](const std::filesystem::path& path, const TrainState& state) {
                         header.state = state;
                         save_checkpoint(path, net, header, normaliser);
                       });
  std::signal(SIGINT, on_interrupt);
  std::signal(SIGTERM, on_interrupt);
  const TrainEnd end = trainer.run(
      recorder, [] { return interrupted != 0; }, arguments.checkpoint_every);
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count();
  if (end == TrainEnd::stopped) {
    std::cout << "\nStopped after step " << grouped(trainer.state().step) << " and saved; go on with\n  tandem train "
              << arguments.model.model << " --data " << arguments.data << " --out " << folder.path().string()
              << " --resume\n";
    return kInterrupted;
  }
  // A run that was killed between its last checkpoint and its result has nothing else left to do.
  const Evaluation test = recorder.last_test().images > 0 ? recorder.last_test() : trainer.test();
  draw_run_pictures(folder, net, *test_set, trainer.transform());
  save_result(folder, trainer, test, seconds);
  std::cout << "Trained in " << human_duration(seconds) << "; test error " << fixed(test.error, 2) << " %, test loss "
            << fixed(test.loss, 4) << '\n';
  print_what_next(folder, arguments);
  return kOk;
}

}  // namespace

void add_train(CLI::App& tandem, Command& command) {
  CLI::App* parser = tandem.add_subcommand("train", "Train a model on a data set");
  parser->footer(R"(Examples:
  tandem train lenet --data /usr/share/datasets/fashion-mnist
  tandem train alexnet-mini --data DIR --out runs/mine --epochs 3 --set conv1.outputs=48
  tandem train alexnet-mini --data DIR --out runs/mine --resume

The run folder gets the settings, log.jsonl, checkpoints and pictures. Ctrl-C ends the step, saves and exits with 130.
)");
  const auto arguments = std::make_shared<TrainArguments>();
  add_model_arguments(*parser, arguments->model);
  add_device_arguments(*parser, arguments->device);
  parser->add_option("--data", arguments->data, "Folder of the data set: IDX files or CIFAR-10's binary files")
      ->required();
  parser->add_option("--out", arguments->out, "The run's folder; default: runs/MODEL-DATE-TIME");
  parser->add_flag("--resume", arguments->resume, "Go on with the run in --out, from its newest checkpoint");
  parser->add_option("--epochs", arguments->epochs, "Passes over the training set");
  parser->add_option("--steps", arguments->steps, "Stop after this many updates, whatever --epochs says");
  parser->add_option("--batch", arguments->batch, "Images an update");
  parser->add_option("--rate", arguments->rate, "Base learning rate");
  parser->add_option("--seed", arguments->seed, "Of all random numbers: weights, order, flips, dropout");
  parser
      ->add_option("--checkpoint-every", arguments->checkpoint_every,
                   "Also save every so many steps; 0: after each epoch only")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  parser->callback([=, &command] { command = [=] { return train(*arguments); }; });
}

}  // namespace tandem
