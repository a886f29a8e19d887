// tandem train: trains a model on a data set, into a run folder that can be resumed.
#include <chrono>
#include <ctime>
#include <iostream>
#include <nlohmann/json.hpp>

#include "apps/commands.h"
#include "apps/model_folder.h"
#include "apps/run_pictures.h"
#include "apps/run_recorder.h"
#include "engine/core/error.h"
#include "engine/core/stop_signal.h"
#include "engine/data/open.h"
#include "engine/files/atomic_file.h"
#include "engine/report/numbers.h"

namespace tandem {
namespace {

struct TrainArguments {
  ModelArguments model;
  DeviceArguments device;
  std::string data, out;
  bool resume = false;
  std::string init;
  long checkpoint_every = 0;
  int keep = 2;
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

// Throws unless the run goes on as it began; only its length may change, and that only if no step done depends on it.
void check_same_settings(const RunFolder& folder, const CheckpointHeader& saved, const CheckpointHeader& now,
                         const Recipe& recipe) {
  if (saved.net_toml != now.net_toml || recipe_hash(saved.recipe_toml) != recipe_hash(now.recipe_toml))
    throw UsageError(folder.path().string(), "was trained with other settings than these",
                     "resume without changes (only --epochs and --steps may differ), or start a new run");
  const int epochs = parse_recipe(Options::parse(saved.recipe_toml, "the checkpoint's recipe")).epochs;
  if (recipe.rates_depend_on_length() && recipe.epochs != epochs)
    throw UsageError(folder.path().string(),
                     "spreads its geometric schedule over " + std::to_string(epochs) +
                         " epochs, so it cannot have another number of them",
                     "resume without --epochs, or start a new run");
}

void check_unfinished(const RunFolder& folder, const Trainer& trainer) {
  const long step = trainer.state().step, steps = trainer.total_steps();
  if (step > steps || (step == steps && folder.finished()))
    throw UsageError(folder.path().string(),
                     "has done " + grouped(step) + " steps, and " + grouped(steps) + " are asked for",
                     "ask for more with --epochs or --steps");
}

void save_result(const RunFolder& folder, const Trainer& trainer, const Evaluation& test, double seconds) {
  nlohmann::json result = {{"step", trainer.state().step},
                           {"test_error", test.error},
                           {"test_top5_error", test.top5_error},
                           {"test_loss", test.loss},
                           {"seconds", seconds}};
  if (const TrainState& state = trainer.state(); state.best_step > 0) {
    result["best_step"] = state.best_step;
    result["best_test_error"] = state.plateau.best_error;
  }
  write_file(folder.file("result.json"), result.dump(2) + "\n");
}

// "a, b and c"
std::string list(const std::vector<std::string>& words) {
  std::string text;
  for (size_t i = 0; i < words.size(); ++i) text += (i == 0 ? "" : i + 1 < words.size() ? ", " : " and ") + words[i];
  return text;
}

// Starts from the layers of another net that fit.
void take_initial_values(const std::filesystem::path& path, AnyNet<float>& net) {
  const FittingLayers layers = load_fitting_layers(path, net);
  if (layers.taken.empty())
    throw UsageError("--init " + path.string(), "has no layer that fits: " + layers.anew[0].reason,
                     "layers fit whose names and shapes are the same");
  std::cout << "Taken from " << path.string() << ": " << list(layers.taken) << '\n';
  for (const FittingLayers::Anew& anew : layers.anew)
    std::cout << "Initialised anew: " << anew.layer << " (" << anew.reason << ")\n";
}

void print_stopped(const RunFolder& folder, long step, const TrainArguments& arguments) {
  if (step == 0) {
    std::cout << "\nStopped before the first step: there is nothing to save.\n";
    return;
  }
  std::cout << "\nStopped after step " << grouped(step) << " and saved; go on with\n  tandem train "
            << arguments.model.model << " --data " << arguments.data << " --out " << folder.path().string()
            << " --resume\n";
}

void print_checkpoints(const RunFolder& folder, const TrainState& state) {
  std::cout << "  " << folder.checkpoint(state.step).filename().string() << "\n";
  if (state.best_step == 0 || state.best_step == state.step) return;
  std::cout << "  " << folder.checkpoint(state.best_step).filename().string()
            << ", after which the test error was least: " << fixed(state.plateau.best_error, 2) << " %\n";
}

void print_what_next(const RunFolder& folder, const TrainState& state, const TrainArguments& arguments) {
  const std::string run = folder.path().string();
  std::cout << "\nThe run's folder is " << run << ":\n"
            << "  log.jsonl        what happened, a JSON object a line\n"
            << "  curve.svg        the learning curve\n"
            << "  conv1.png        the first layer's kernels\n"
            << "  predictions.png  test images: framed green where the net is right, red where it is wrong\n";
  print_checkpoints(folder, state);
  std::cout << "Next you could try:\n"
            << "  tandem eval " << run << " --data " << arguments.data << "\n"
            << "  tandem show layers " << run << "   # how large weights and updates are, which ReLUs are dead\n"
            << "  tandem train " << arguments.model.model << " --data " << arguments.data << " --out " << run
            << " --resume --epochs N   # train longer\n";
}

int train(const TrainArguments& arguments) {
  const ModelFolder named = load_model(arguments.model.model, arguments.overrides());
  if (arguments.resume && arguments.out.empty())
    throw UsageError("--resume", "does not say which run", "add its folder: --out FOLDER");
  RunFolder folder(arguments.out.empty() ? default_folder(named.net.text("name")) : arguments.out);
  const auto checkpoint = arguments.resume ? folder.newest_checkpoint() : std::nullopt;
  const ModelFolder model = checkpoint ? load_model(folder.path().string(), arguments.overrides()) : named;
  const NetPlan<float> plan = plan_model<float>(model);  // complains about the net before data are read
  const Recipe recipe = parse_recipe(model.recipe);

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
    check_same_settings(folder, saved, header, recipe);
    header.state = saved.state;
    header.colours = saved.colours;
  }
  const TrainingStatistics statistics =
      checkpoint ? TrainingStatistics{read_normaliser(*checkpoint, recipe.input.subtract), header.colours}
                 : measure_training_set(recipe.input, recipe.augment, *train_set);
  header.colours = statistics.colours;
  const Transform transform(train_set->format(), recipe.input, recipe.augment, statistics.normaliser,
                            statistics.colours);
  const auto beside = [&](int batch) { return Trainer::memory_use(plan, transform, batch); };
  const auto net = build_net(model, recipe.precision, *device, {.batch = recipe.batch, .beside = beside});
  Trainer trainer(*net, recipe, *train_set, *test_set, statistics.normaliser, statistics.colours);
  if (checkpoint) {
    load_parameters(*checkpoint, *net);
    trainer.restore(header.state);
    check_unfinished(folder, trainer);
    folder.reopen(header.recipe_toml);
  } else {
    net->initialize(recipe.seed);
    if (!arguments.init.empty()) take_initial_values(find_checkpoint(arguments.init), *net);
    folder.create(header.net_toml, header.recipe_toml);
  }

  std::cout << (checkpoint ? "Resuming " : "Training ") << plan.name << " on " << train_set->name() << ": "
            << grouped(train_set->size()) << " images, batch " << recipe.batch << ", " << grouped(trainer.total_steps())
            << " steps (" << fixed(double(trainer.total_steps()) / double(trainer.steps_per_epoch()), 1)
            << " epochs), seed " << recipe.seed << ", " << name_of(recipe.precision) << ", " << device->description()
            << std::endl;
  const auto started = std::chrono::steady_clock::now();
  RunRecorder recorder(folder, recipe, trainer, net->plan(), arguments.keep,
                       [&](const std::filesystem::path& path, const TrainState& state) {
                         header.state = state;
                         save_checkpoint(path, *net, header, statistics.normaliser);
                       });
  const StopSignal stop;
  const TrainEnd end = trainer.run(
      recorder, [&] { return stop.requested(); }, arguments.checkpoint_every);
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count();
  if (end == TrainEnd::stopped) {
    print_stopped(folder, trainer.state().step, arguments);
    return kInterrupted;
  }
  // A run that was killed between its last checkpoint and its result has nothing else left to do.
  const Evaluation test = recorder.last_test().images > 0 ? recorder.last_test() : trainer.test();
  draw_run_pictures(folder, *net, *test_set, trainer.transform());
  save_result(folder, trainer, test, seconds);
  std::cout << "Trained in " << human_duration(seconds) << "; test error " << fixed(test.error, 2) << " %, test loss "
            << fixed(test.loss, 4) << '\n';
  print_what_next(folder, trainer.state(), arguments);
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
  parser
      ->add_option("--data", arguments->data,
                   "Folder of the data set: IDX files, CIFAR-10's binary files, photographs, packed or not")
      ->required();
  parser->add_option("--out", arguments->out, "The run's folder; default: runs/MODEL-DATE-TIME");
  parser->add_flag("--resume", arguments->resume,
                   "Go on with the run in --out, from its newest checkpoint; without one, begin it");
  parser->add_option("--init", arguments->init,
                     "Begin with the values of a run or a checkpoint, in the layers whose names and shapes fit");
  parser->add_option("--epochs", arguments->epochs, "Passes over the training set");
  parser->add_option("--steps", arguments->steps, "Stop after this many updates, whatever --epochs says");
  parser->add_option("--batch", arguments->batch, "Images an update");
  parser->add_option("--rate", arguments->rate, "Base learning rate");
  parser->add_option("--seed", arguments->seed, "Of all random numbers: weights, order, flips, dropout");
  add_precision_argument(*parser, arguments->model);
  parser
      ->add_option("--checkpoint-every", arguments->checkpoint_every,
                   "Also save every so many steps; 0: after each epoch only")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  parser->add_option("--keep", arguments->keep, "Keep so many of the newest checkpoints; the best one stays, too")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  parser->callback([=, &command] { command = [=] { return train(*arguments); }; });
}

}  // namespace tandem
