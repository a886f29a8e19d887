// Tests engine/train/trainer: the same bits whatever the machine does and wherever the run was stopped.
#include "engine/train/trainer.h"

#include <catch2/catch.hpp>
#include <cmath>

#include "engine/core/error.h"
#include "engine/device/observed_device.h"
#include "engine/train/checkpoint.h"
#include "tests/engine/train/toy.h"
#include "tests/temporary_folder.h"

using namespace tandem;
using Catch::Matchers::Contains;

namespace {

bool never() { return false; }

// Keeps everything that a trainer reports.
struct Witness : TrainObserver {
  void step_done(const StepReport& report) override { steps.push_back(report); }
  void epoch_done(const EpochReport& report) override { epochs.push_back(report); }
  void save(const TrainState& state) override { saves.push_back(state.step); }

  std::vector<StepReport> steps;
  std::vector<EpochReport> epochs;
  std::vector<long> saves;
};

std::string recipe_with(const std::string& from, const std::string& to, std::string recipe = kToyRecipe) {
  REQUIRE(recipe.find(from) != std::string::npos);
  return recipe.replace(recipe.find(from), from.size(), to);
}

std::vector<std::vector<float>> train_whole(const DeviceOptions& options, const std::string& recipe = kToyRecipe) {
  ToyRun run(options, recipe);
  Witness witness;
  REQUIRE(run.trainer.run(witness, never) == TrainEnd::finished);
  return run.parameters();
}

// Saves to a file, as the program does.
struct Recorder : Witness {
  Recorder(ToyRun& run, const std::filesystem::path& path) : run_(run), path_(path) {}
  void save(const TrainState& state) override {
    Witness::save(state);
    save_checkpoint(path_, run_.net, {kToyNet, kToyRecipe, state, run_.train.class_names(), run_.train.format()},
                    run_.normaliser);
  }

 private:
  ToyRun& run_;
  std::filesystem::path path_;
};

// One life of a run: takes up the checkpoint if there is one, and stops when it is asked for the `asked`th time.
TrainEnd live(const std::filesystem::path& checkpoint, int asked, const std::string& recipe = kToyRecipe) {
  ToyRun run({.threads = 2}, recipe);
  if (std::filesystem::exists(checkpoint)) {
    load_parameters(checkpoint, run.net);
    run.trainer.restore(read_checkpoint_header(checkpoint).state);
  }
  Recorder recorder(run, checkpoint);
  int count = 0;
  const TrainEnd end = run.trainer.run(recorder, [&] { return ++count >= asked; });
  if (run.trainer.state().step > 0) REQUIRE(read_checkpoint_header(checkpoint).state.step == run.trainer.state().step);
  return end;
}

const std::string kInBf16 = kToyRecipe + std::string("precision = 'bf16'\n");
constexpr int kNeverAsked = 1 << 30;

}  // namespace

TEST_CASE("neither threads nor scratch memory change a bit") {
  const auto expected = train_whole({.threads = 1});
  CHECK(train_whole({.threads = 1}) == expected);
  for (const int threads : {2, 3})
    for (const size_t cap : {size_t(0), size_t(1), size_t(20'000)}) {
      INFO(threads << " threads, at most " << cap << " bytes");
      CHECK(train_whole({.threads = threads, .workspace_cap = cap}) == expected);
    }
  CHECK(train_whole({.threads = 1}, recipe_with("seed = 3", "seed = 4")) != expected);
}

TEST_CASE("nor do they in bf16") {
  const auto expected = train_whole({.threads = 1}, kInBf16);
  for (const int threads : {2, 3})
    for (const size_t cap : {size_t(0), size_t(1)}) {
      INFO(threads << " threads, at most " << cap << " bytes");
      CHECK(train_whole({.threads = threads, .workspace_cap = cap}, kInBf16) == expected);
    }
  CHECK(train_whole({.threads = 1}) != expected);
}

TEST_CASE("a run that is stopped anywhere and resumed ends with the same checkpoint") {
  const TemporaryFolder folder;
  REQUIRE(live(folder / "whole", kNeverAsked) == TrainEnd::finished);
  const std::string whole = read_whole(folder / "whole");
  const PlateauState plateau = read_checkpoint_header(folder / "whole").state.plateau;
  CHECK(plateau.drops > 0);
  CHECK(plateau.best_error < 100);

  // Some of these fall between steps, some into a test, some between an epoch's last step and its test. Three lives
  // each: the second one is stopped as well.
  for (int asked = 2; asked <= 24; ++asked) {
    INFO("stopped when asked " << asked << " times");
    const std::filesystem::path path = folder / std::to_string(asked);
    REQUIRE(live(path, asked) == TrainEnd::stopped);
    REQUIRE((read_whole(path) != whole));  // bytes are not for printing
    live(path, asked / 2 + 1);
    REQUIRE(live(path, kNeverAsked) == TrainEnd::finished);
    CHECK((read_whole(path) == whole));
  }
}

TEST_CASE("so does one in bf16, whose checkpoint holds the weights in float32") {
  const TemporaryFolder folder;
  REQUIRE(live(folder / "whole", kNeverAsked, kInBf16) == TrainEnd::finished);
  for (const int asked : {3, 7, 20}) {
    INFO("stopped when asked " << asked << " times");
    const std::filesystem::path path = folder / std::to_string(asked);
    REQUIRE(live(path, asked, kInBf16) == TrainEnd::stopped);
    REQUIRE(live(path, kNeverAsked, kInBf16) == TrainEnd::finished);
    CHECK((read_whole(path) == read_whole(folder / "whole")));
  }
  ToyRun in_float32;
  load_parameters(folder / "whole", in_float32.net);
  bool rounded = true;
  for (const std::vector<float>& values : in_float32.parameters())
    for (const float value : values) rounded = rounded && value == float(bf16(value));
  CHECK_FALSE(rounded);
}

TEST_CASE("a run that is stopped can also go on as it is") {
  ToyRun run;
  Witness witness;
  int count = 0;
  CHECK(run.trainer.run(witness, [&] { return ++count >= 12; }) == TrainEnd::stopped);
  CHECK(run.trainer.run(witness, never) == TrainEnd::finished);
  CHECK(run.parameters() == train_whole({.threads = 2}));
  CHECK(witness.steps.size() == kToySteps);
  CHECK(witness.epochs.size() == kToySteps / kToyStepsPerEpoch);
}

TEST_CASE("observers see every step, test and save") {
  ToyRun run;
  Witness witness;
  run.trainer.run(witness, never, /*checkpoint_every=*/3);
  REQUIRE(witness.steps.size() == kToySteps);
  for (long i = 0; i < kToySteps; ++i) {
    const StepReport& report = witness.steps[i];
    CHECK(report.step == i + 1);
    CHECK(report.steps == kToySteps);
    CHECK(report.epoch == Approx(double(i + 1) / kToyStepsPerEpoch));
    CHECK(report.images == 8);
    CHECK(report.seconds > 0);
    CHECK(report.data_wait_seconds <= report.seconds);
    CHECK(std::fmod(report.error, 100.0 / 8) == 0);
  }
  CHECK(witness.steps[0].rate == 0.02);
  REQUIRE(witness.epochs.size() == 4);
  for (int e = 0; e < 4; ++e) {
    CHECK(witness.epochs[e].epoch == e + 1);
    CHECK(witness.epochs[e].step == (e + 1) * kToyStepsPerEpoch);
    CHECK(witness.epochs[e].test.images == 20);
  }
  CHECK(witness.saves == std::vector<long>{3, 5, 6, 9, 10, 12, 15, 18, 20});
}

TEST_CASE("the rate follows the test errors by the plateau rule") {
  ToyRun run;
  Witness witness;
  run.trainer.run(witness, never);
  double best = 1e30, rate = 0.02;
  for (int e = 0; e < 4; ++e) {
    for (long i = 0; i < kToyStepsPerEpoch; ++i) CHECK(witness.steps[e * kToyStepsPerEpoch + i].rate == Approx(rate));
    const double error = witness.epochs[e].test.error;
    if (error >= best) rate /= 2;
    best = std::min(best, error);
  }
}

TEST_CASE("steps end a run anywhere, with a test") {
  ToyRun run({.threads = 2}, "steps = 7\n" + kToyRecipe);
  Witness witness;
  CHECK(run.trainer.run(witness, never) == TrainEnd::finished);
  CHECK(witness.steps.size() == 7);
  CHECK(witness.saves == std::vector<long>{5, 7});
  REQUIRE(witness.epochs.size() == 2);
  CHECK(witness.epochs[1].step == 7);
  CHECK(run.trainer.run(witness, never) == TrainEnd::finished);  // there is nothing left to do
  CHECK(witness.steps.size() == 7);
}

TEST_CASE("a test within an epoch, where a run ends, leaves no trace in a longer run") {
  ToyRun run({.threads = 2}, "steps = 7\n" + kToyRecipe), one_epoch({.threads = 2}, "steps = 5\n" + kToyRecipe);
  Witness witness;
  run.trainer.run(witness, never);
  one_epoch.trainer.run(witness, never);
  CHECK(run.trainer.state().tested_step == 7);
  CHECK(run.trainer.state().plateau == one_epoch.trainer.state().plateau);
  CHECK(run.trainer.state().best_step == 5);
}

TEST_CASE("the state remembers where the test error was least") {
  ToyRun run;
  Witness witness;
  run.trainer.run(witness, never);
  const EpochReport* best = &witness.epochs[0];
  for (const EpochReport& epoch : witness.epochs)
    if (epoch.test.error < best->test.error) best = &epoch;
  CHECK(run.trainer.state().best_step == best->step);
  CHECK(run.trainer.state().plateau.best_error == best->test.error);
}

TEST_CASE("a run that is stopped before its first step saves nothing") {
  ToyRun run;
  Witness witness;
  CHECK(run.trainer.run(witness, [] { return true; }) == TrainEnd::stopped);
  CHECK(witness.saves.empty());
}

TEST_CASE("what can be told apart is learnt") {
  const std::string patient = recipe_with("patience = 1", "patience = 40");
  ToyRun run({.threads = 2}, recipe_with("epochs = 4", "epochs = 40", patient));
  Witness witness;
  run.trainer.run(witness, never);
  CHECK(witness.steps.front().loss > 0.5);
  CHECK(witness.epochs.back().test.loss < 0.1);
  CHECK(witness.epochs.back().test.error == 0);
  const Evaluation again = run.trainer.test();
  CHECK(again.loss == witness.epochs.back().test.loss);
  CHECK(again.images == 20);
}

TEST_CASE("evaluation counts every image once") {
  // An untrained last layer of zeros: all classes are equally likely, so the loss is ln 3.
  std::string net = kToyNet;
  net.replace(net.rfind("\"he\""), 4, "0");
  ToyRun run({.threads = 2}, kToyRecipe, net);
  const Evaluation result = run.trainer.test();
  CHECK(result.images == 20);  // two batches of eight and one of four
  CHECK(result.loss == Approx(std::log(3.0)).epsilon(1e-6));
  CHECK(result.top5_error == 0);
  int asked = 0;
  CHECK(run.trainer.test([&] { return ++asked > 2; }).images == 16);
}

TEST_CASE("a run that diverges names a layer, and the last checkpoint still loads") {
  const TemporaryFolder folder;
  const std::filesystem::path path = folder / "checkpoint";
  const auto at_rate = [&](const std::string& rate) {
    ToyRun run({.threads = 2}, recipe_with("base = 0.02", "base = " + rate));
    if (std::filesystem::exists(path)) {
      load_parameters(path, run.net);
      run.trainer.restore(read_checkpoint_header(path).state);
    }
    Recorder recorder(run, path);
    int count = 0;
    run.trainer.run(recorder, [&] { return ++count > 3; });
  };
  at_rate("0.02");
  const std::string good = read_whole(path);
  REQUIRE(read_checkpoint_header(path).state.step == 3);
  REQUIRE_THROWS_AS(at_rate("1e38"), DivergedError);
  CHECK_THROWS_WITH(at_rate("1e38"), Contains("step ") && Contains("not finite") && Contains("smaller --rate") &&
                                         (Contains("conv1") || Contains("conv2") || Contains("fc3") ||
                                          Contains("fc4") || Contains("loss")));
  CHECK((read_whole(path) == good));
  ToyRun run;
  load_parameters(path, run.net);
  CHECK(run.net.first_parameter_not_finite().empty());
}

TEST_CASE("data, recipe and net must fit each other") {
  CHECK_THROWS_WITH(ToyRun({}, recipe_with("crop = 12", "crop = 13")),
                    Contains("13x13x2 images, but toy takes 12x12x2"));
  CHECK_THROWS_WITH(ToyRun({}, recipe_with("batch = 8", "batch = 44")), Contains("less than one batch of 44"));
  const auto device = open_cpu({});
  Net<float> net(plan_text<float>(kToyNet), *device, {.batch = 8});
  const Recipe recipe = parse_recipe(Options::parse(kToyRecipe, "recipe.toml"));
  const MemoryDataset good = toy_images(16, 1), more = toy_images(16, 1, 4);
  const Normaliser normaliser = Normaliser::measure(Subtract::mean_image, good);
  CHECK_NOTHROW(Trainer(net, recipe, good, good, normaliser));
  CHECK_THROWS_AS(Trainer(net, recipe, more, good, normaliser), UsageError);
  CHECK_THROWS_WITH(Trainer(net, recipe, good, more, normaliser), Contains("has 4 classes, but toy has 3"));
  const MemoryDataset small("small", {13, 13, 2}, good.class_names(), std::vector<uint8_t>(16 * 13 * 13 * 2),
                            std::vector<uint8_t>(16));
  CHECK_THROWS_WITH(Trainer(net, recipe, good, small, normaliser), Contains("small: has images of another size"));
}

TEST_CASE("a run takes no memory of the device once it has begun: not in a step, a test or a save") {
  struct Allocations : KernelObserver {
    void before(const KernelCall&) override {}
    void after(const KernelCall&) override {}
    void allocates(size_t) override { ++count; }
    int count = 0;
  } allocations;
  constexpr size_t kBudget = size_t(64) << 20;  // so that what a device takes for itself shows
  const auto device = observe(open_cpu({.threads = 2, .memory = kBudget}), allocations);
  const MemoryDataset train = toy_images(43, 1), test = toy_images(20, 2);
  const Recipe recipe = parse_recipe(Options::parse(kToyRecipe, "recipe.toml"));
  const Normaliser normaliser = Normaliser::measure(recipe.input.subtract, train);
  Net<float> net(plan_text<float>(kToyNet), *device, {.batch = recipe.batch});
  net.initialize(recipe.seed);
  Trainer trainer(net, recipe, train, test, normaliser);
  const int before = allocations.count;
  const size_t left = device->available_bytes();
  CHECK(before > 0);
  CHECK(left == kBudget - net.memory().total() - Trainer::memory_use(net.plan(), trainer.transform(), recipe.batch));
  struct Measuring : Witness {
    bool wants_statistics(long) const override { return true; }
  } witness;
  REQUIRE(trainer.run(witness, never) == TrainEnd::finished);
  CHECK(allocations.count == before);
  CHECK(device->available_bytes() == left);
}
