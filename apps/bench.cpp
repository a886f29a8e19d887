// tandem bench: how fast a model runs here.
#include <algorithm>
#include <chrono>
#include <iostream>
#include <nlohmann/json.hpp>

#include "apps/bench.h"
#include "apps/model_folder.h"
#include "engine/core/random.h"
#include "engine/report/numbers.h"
#include "engine/report/table.h"
#include "engine/train/sgd.h"

namespace tandem {
namespace {

struct BenchArguments {
  ModelArguments model;
  DeviceArguments device;
  int batch = 0;  // 0: the recipe's
  int rounds = 5;
  bool inference = false, json = false, layers = false;
};

struct Measurement {
  std::vector<double> seconds;  // one a round
  LayerTimes layers;
  double gemm_share = 0;  // of all threads' time
};

// Random images and labels: the time of a step does not depend on what they show.
void set_random_input(Net<float>& net, int batch) {
  const Random random(1, Purpose::augment);
  std::vector<float> pixels(size_t(net.plan().input.elements()) * batch);
  std::vector<int32_t> labels(batch);
  for (size_t i = 0; i < pixels.size(); ++i) pixels[i] = float(random.uniform(i) - 0.5);
  for (size_t i = 0; i < labels.size(); ++i) labels[i] = int32_t(random.below(pixels.size() + i, net.plan().classes));
  net.set_input(pixels.data(), labels.data(), batch);
}

// One warm-up round, then `rounds` that count. A training step is forward, backward and update; the loss is read, the
// input is there already.
Measurement measure(Net<float>& net, const Recipe& recipe, const BenchArguments& arguments) {
  using Clock = std::chrono::steady_clock;
  const auto step = [&](uint64_t number) {
    net.forward(!arguments.inference, recipe.seed, number);
    net.result();
    if (arguments.inference) return;
    net.backward();
    sgd_update(net, recipe, {.weights = 1e-6, .biases = 1e-6});
  };
  step(0);
  net.device().synchronize();
  Measurement measured;
  if (arguments.layers) net.measure(&measured.layers);
  const double gemm_before = net.device().gemm_seconds();
  const auto start = Clock::now();
  for (int round = 1; round <= arguments.rounds; ++round) {
    const auto begin = Clock::now();
    step(uint64_t(round));
    net.device().synchronize();
    measured.seconds.push_back(std::chrono::duration<double>(Clock::now() - begin).count());
  }
  const double all = std::chrono::duration<double>(Clock::now() - start).count() * net.device().threads();
  measured.gemm_share = (net.device().gemm_seconds() - gemm_before) / all;
  net.measure(nullptr);
  return measured;
}

void print_layers(const Net<float>& net, const Measurement& measured) {
  TextTable table({"layer", "type", "forward ms", "backward ms", "share %"});
  double total = 0;
  for (const double seconds : measured.layers.forward) total += seconds;
  for (const double seconds : measured.layers.backward) total += seconds;
  const double rounds = double(measured.seconds.size());
  for (size_t l = 0; l < net.plan().layers.size(); ++l) {
    const double forward = measured.layers.forward[l], backward = measured.layers.backward[l];
    table.add_row({net.plan().layers[l].name, net.plan().layers[l].type, fixed(1e3 * forward / rounds, 2),
                   fixed(1e3 * backward / rounds, 2), fixed(100 * (forward + backward) / total, 1)});
  }
  std::cout << table.text();
}

int bench(const BenchArguments& arguments) {
  const ModelFolder model = load_model(arguments.model.model, arguments.model.overrides);
  const Recipe recipe = parse_recipe(model.recipe);
  const int batch = arguments.batch > 0 ? arguments.batch : recipe.batch;
  const auto device = open_device(arguments.device);
  Net<float> net(plan_model<float>(model), *device, {.batch = batch, .training = !arguments.inference});
  net.initialize(recipe.seed);
  set_random_input(net, batch);
  const Measurement measured = measure(net, recipe, arguments);
  const double images_per_s = batch / median(measured.seconds);
  const auto [fastest, slowest] = std::minmax_element(measured.seconds.begin(), measured.seconds.end());
  if (arguments.json) {
    std::cout << nlohmann::json{{"model", net.plan().name},
                                {"what", arguments.inference ? "inference" : "training"},
                                {"batch", batch},
                                {"threads", device->threads()},
                                {"images_per_s", images_per_s},
                                {"step_seconds", measured.seconds},
                                {"gemm_share", measured.gemm_share}}
              << '\n';
    return kOk;
  }
  if (arguments.layers) print_layers(net, measured);
  std::cout << net.plan().name << ", " << (arguments.inference ? "inference" : "training step") << ", batch " << batch
            << ", " << device->description() << ": " << fixed(images_per_s, 1) << " images/s (median of "
            << arguments.rounds << "; a step takes " << fixed(1e3 * *fastest, 1) << " to " << fixed(1e3 * *slowest, 1)
            << " ms)\n"
            << "GEMM takes " << fixed(100 * measured.gemm_share, 1) << " % of the threads' time\n";
  return kOk;
}

}  // namespace

void add_bench(CLI::App& tandem, Command& command) {
  CLI::App* parser =
      tandem.add_subcommand("bench", "Measure how fast a model runs on this machine, or its data is read");
  parser->require_subcommand(1);
  CLI::App* net = parser->add_subcommand("net", "A whole training or inference step, on random images");
  net->footer("Example:\n  tandem bench net alexnet-paper --batch 32 --layers\n");
  const auto arguments = std::make_shared<BenchArguments>();
  add_model_arguments(*net, arguments->model);
  add_device_arguments(*net, arguments->device);
  net->add_option("--batch", arguments->batch, "Images a step; 0: the recipe's")->check(CLI::Range(0, 65536));
  net->add_option("--rounds", arguments->rounds, "Steps that count, after one that does not")
      ->check(CLI::Range(1, 100000))
      ->capture_default_str();
  net->add_flag("--inference", arguments->inference, "The forward pass only, in evaluation mode");
  net->add_flag("--layers", arguments->layers, "Also print each layer's time");
  net->add_flag("--json", arguments->json, "Print one JSON object instead");
  net->callback([=, &command] { command = [=] { return bench(*arguments); }; });
  add_bench_data(*parser, command);
  add_bench_checkpoint(*parser, command);
}

}  // namespace tandem
