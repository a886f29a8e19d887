// tandem bench net: a whole training or inference step, and where its time goes.
#include <algorithm>
#include <fstream>
#include <map>
#include <optional>
#include <utility>

#include "apps/bench/bench.h"
#include "apps/bench/kernel_clock.h"
#include "apps/bench/limits.h"
#include "apps/bench/report.h"
#include "apps/bench/stopwatch.h"
#include "apps/model_folder.h"
#include "engine/net/random_input.h"
#include "engine/report/numbers.h"
#include "engine/report/status_line.h"
#include "engine/train/sgd.h"

namespace tandem {
namespace {

struct NetArguments {
  ModelArguments model;
  DeviceArguments device;
  OutputArguments output;
  int batch = 0;  // 0: the recipe's
  int rounds = 5;
  bool inference = false, whole = false;
};

// Of a step: forward, backward and update; the loss is read, the input is there already.
class Step {
 public:
  Step(AnyNet<float>& net, const Recipe& recipe, bool inference) : net_(net), seed_(recipe.seed) {
    if (!inference) sgd_.emplace(net, recipe);
  }

  void run() {
    net_.forward(/*training=*/sgd_.has_value(), seed_, number_++);
    result_ += seconds_of([&] { net_.result(); });
    if (!sgd_) return;
    net_.backward();
    update_ += seconds_of([&] {
      sgd_->update({.weights = 1e-6, .biases = 1e-6});
      net_.device().synchronize();
    });
  }

  // Seconds since the last call.
  double take_result() { return std::exchange(result_, 0); }
  double take_update() { return std::exchange(update_, 0); }

 private:
  AnyNet<float>& net_;
  const uint64_t seed_;
  std::optional<Sgd<float>> sgd_;
  uint64_t number_ = 0;
  double result_ = 0, update_ = 0;
};

Row measure_whole(Step& step, Row row, Device& device, int rounds) {
  for (int round = 0; round < rounds; ++round)
    row.seconds.push_back(seconds_of([&] {
      step.run();
      device.synchronize();
    }));
  return row;
}

// Of the same step, measured in rounds of their own: the clocks stand in the way.
struct Split {
  std::vector<Row> layers, kinds;
};

void add_layers(Split& split, const AnyNet<float>& net, const LayerTimes& times, const std::string& model) {
  const size_t count = net.plan().layers.size();
  if (split.layers.empty()) {
    for (const char* pass : {"forward", "backward"})
      for (size_t l = 0; l < count; ++l)
        split.layers.push_back({.model = model, .layer = net.plan().layers[l].name, .pass = pass});
    split.layers.push_back({.model = model, .pass = "update"});
    split.layers.push_back({.model = model, .pass = "reading the loss"});
  }
  for (size_t l = 0; l < count; ++l) {
    split.layers[l].seconds.push_back(times.forward[l]);
    split.layers[count + l].seconds.push_back(times.backward[l]);
  }
}

void add_kinds(Split& split, std::vector<KernelTime> times, const std::string& model, double whole) {
  double rest = whole;
  for (const KernelTime& time : times) rest -= time.seconds;
  times.push_back({.kernel = "between them, or idle", .seconds = std::max(0.0, rest)});
  for (const KernelTime& time : times) {
    auto found =
        std::find_if(split.kinds.begin(), split.kinds.end(), [&](const Row& row) { return row.work == time.kernel; });
    if (found == split.kinds.end())
      found = split.kinds.insert(
          found, {.model = model, .work = time.kernel, .calls = time.calls, .bytes = time.bytes, .flops = time.flops});
    found->seconds.push_back(time.seconds);
  }
}

// What a kernel finds there in a step.
Cache cache_of(const KernelTime& time) { return time.in_tile ? Cache::hot : Cache::cold; }

Split measure_split(AnyNet<float>& net, Step& step, KernelClock& clock, const NetArguments& arguments,
                    Precision precision) {
  Device& device = net.device();
  const std::string& model = net.plan().name;
  CacheState caches(device);
  Limits limits(device, caches);
  limits.want_gemm(precision);
  Split split;
  std::map<std::string, KernelTime> first;
  for (int round = -1; round < arguments.rounds; ++round) {
    LayerTimes layers;
    net.measure(&layers);
    clock.start(device);
    step.take_result(), step.take_update();
    const double whole = seconds_of([&] { step.run(); });
    const std::vector<KernelTime> kinds = clock.stop();
    net.measure(nullptr);
    if (round < 0) {
      for (const KernelTime& time : kinds) {
        first[time.kernel] = time;
        if (time.flops == 0) limits.want_copy(time.bytes_at_once, cache_of(time));
      }
      continue;
    }
    add_layers(split, net, layers, model);
    (split.layers.end() - 2)->seconds.push_back(step.take_update());
    (split.layers.end() - 1)->seconds.push_back(step.take_result());
    add_kinds(split, kinds, model, whole);
    limits.measure();
  }
  std::erase_if(split.layers, [](const Row& row) { return median(row.seconds) == 0; });  // passes that there are not
  for (Row& row : split.kinds)
    if (const auto found = first.find(row.work); found != first.end())
      row.limit = row.flops > 0 ? limits.gemm() : limits.copy(found->second.bytes_at_once, cache_of(found->second));
  return split;
}

// Of this process, as the operating system counts it; 0 where it does not say.
size_t resident_bytes() {
  std::ifstream file("/proc/self/status");
  for (std::string line; std::getline(file, line);)
    if (line.starts_with("VmRSS:")) return size_t(std::stoul(line.substr(6))) << 10;
  return 0;
}

std::string summary(const Row& step, const NetArguments& arguments, const Recipe& recipe, int batch,
                    const Device& device) {
  const auto [fastest, slowest] = std::minmax_element(step.seconds.begin(), step.seconds.end());
  return step.model + ", " + step.pass + ", batch " + std::to_string(batch) + ", " + name_of(recipe.precision) + ", " +
         device.description() + ": " + fixed(batch / median(step.seconds), 1) + " images/s (median of " +
         std::to_string(arguments.rounds) + " after one that does not count; a step takes " + fixed(1e3 * *fastest, 1) +
         " to " + fixed(1e3 * *slowest, 1) + " ms)\n";
}

int bench_net(const NetArguments& arguments) {
  const ModelFolder model = load_model(arguments.model.model, arguments.model.overrides);
  const Recipe recipe = parse_recipe(model.recipe);
  const int batch = arguments.batch > 0 ? arguments.batch : recipe.batch;
  KernelClock clock;
  const auto device = arguments.whole ? open_device(arguments.device) : observe(open_device(arguments.device), clock);
  nlohmann::json setting = bench_setting("net", *device);
  const std::string what = arguments.inference ? "inference" : "training step";
  setting["what"] = what;
  setting["models"] = nlohmann::json::array({plan_model<float>(model).name});
  setting["changes"] = changes_of(arguments.model);
  setting["batch"] = batch;
  setting["precision"] = name_of(recipe.precision);
  setting["warm_up"] = 1;
  Report report(arguments.output, std::move(setting));

  const StatusLine status;
  const size_t before = resident_bytes();
  const auto built = build_net(model, recipe.precision, *device, {.batch = batch, .training = !arguments.inference});
  AnyNet<float>& net = *built;
  net.initialize(recipe.seed);
  set_random_input(net, batch);  // the time of a step does not depend on what images show
  Step step(net, recipe, arguments.inference);
  status.show("measuring " + net.plan().name);
  step.run();
  std::vector<Row> rows = {measure_whole(step, {.model = net.plan().name, .pass = what}, *device, arguments.rounds)};
  report.note("planned_bytes", net.memory().total());
  report.note("resident_bytes", resident_bytes() - before);
  std::string text = summary(rows[0], arguments, recipe, batch, *device);
  if (!arguments.whole) {
    status.show("measuring where the time goes");
    const Split split = measure_split(net, step, clock, arguments, recipe.precision);
    text += "\nBy layer, in as many rounds again\n\n" + rows_table(split.layers, true) +
            "\nBy kind of work, in thread time over the number of threads; the limit is that of GEMM, or of a copy of "
            "as many\n"
            "bytes as the largest call: with hot caches for what runs in tiles, with cold ones for the rest\n\n" +
            rows_table(split.kinds, true);
    rows.insert(rows.end(), split.layers.begin(), split.layers.end());
    rows.insert(rows.end(), split.kinds.begin(), split.kinds.end());
  }
  status.clear();
  report.finish(text, rows);
  return kOk;
}

}  // namespace

void add_bench_net(CLI::App& bench, Command& command) {
  CLI::App* net = bench.add_subcommand("net", "A whole training or inference step on random images, and its parts");
  net->footer("Examples:\n  tandem bench net alexnet-paper --batch 32\n  tandem bench net lenet --inference --whole\n");
  const auto arguments = std::make_shared<NetArguments>();
  add_model_arguments(*net, arguments->model);
  add_device_arguments(*net, arguments->device);
  add_precision_argument(*net, arguments->model);
  net->add_option("--batch", arguments->batch, "Images a step; 0: the recipe's")->check(CLI::Range(0, 65536));
  net->add_option("--rounds", arguments->rounds, "Steps that count, after one that does not")
      ->check(CLI::Range(1, 100000))
      ->capture_default_str();
  net->add_flag("--inference", arguments->inference, "The forward pass only, in evaluation mode");
  net->add_flag("--whole", arguments->whole, "The step as a whole only, not its parts");
  add_output_arguments(*net, arguments->output);
  net->callback([=, &command] { command = [=] { return bench_net(*arguments); }; });
}

}  // namespace tandem
