// tandem bench ops, tandem bench layers: every kernel, or every layer, of a model by itself. There is no list of
// shapes: they are those of the model's net.toml, which `tandem check gradients` checks and `tandem xray` looks at.
#include <algorithm>
#include <iterator>
#include <set>

#include "apps/bench/bench.h"
#include "apps/bench/layer_trial.h"
#include "apps/bench/report.h"
#include "apps/model_folder.h"
#include "engine/core/error.h"
#include "engine/core/nearest_word.h"
#include "engine/report/status_line.h"
#include "engine/train/recipe.h"

namespace tandem {
namespace {

struct PassesArguments {
  std::vector<std::string> models;
  ModelArguments changes;  // its model is not asked for
  DeviceArguments device;
  OutputArguments output;
  int batch = 0;  // 0: the recipe's
  int rounds = 5;
  std::string cache = "cold", only;
  Grain grain = Grain::kernel;
};

struct Model {
  ModelFolder files;
  NetPlan<float> plan;
  Recipe recipe;
};

// Layers and kernels that --only can mean; no kernels where rows are layers.
void check_only(const PassesArguments& arguments, const std::vector<Model>& models) {
  if (arguments.only.empty()) return;
  std::set<std::string> known;
  if (arguments.grain == Grain::kernel) {
    known = observed_kernels();
    known.insert("gemm");
  }
  for (const Model& model : models)
    for (const auto& layer : model.plan.layers) known.insert(layer.name);
  if (known.contains(arguments.only)) return;
  const std::string nearest = nearest_word(arguments.only, known);
  throw UsageError("--only " + arguments.only, "is neither a layer of the model nor a kernel",
                   nearest.empty() ? "" : "did you mean " + nearest + "?");
}

bool names_layer(const std::string& only, const std::vector<Model>& models) {
  return std::any_of(models.begin(), models.end(), [&](const Model& model) {
    return std::any_of(model.plan.layers.begin(), model.plan.layers.end(),
                       [&](const PlannedLayer& layer) { return layer.name == only; });
  });
}

std::string heading(const PassesArguments& arguments, const Device& device) {
  const std::string what = arguments.grain == Grain::kernel ? "kernel that the whole device runs" : "pass";
  const std::string caches = arguments.cache == "hot"
                                 ? "hot (the same pass has just run)"
                                 : "cold (before each " + what + " " + std::to_string(CacheState::kFilledBytes >> 20) +
                                       " MiB of other memory are written)";
  return device.description() + "; medians of " + std::to_string(arguments.rounds) +
         " rounds after one that does not count; caches " + caches + "\n\n";
}

constexpr const char* kLegend = R"(
GB/s       of the bytes that have to be moved at least: what the result depends on read once, the result written once
of limit   of what a copy of about as many bytes, or GEMM at one size of AlexNet's, reached in the same rounds. Kernels
           that run in tiles (im2col, ...) follow each other in cache: their limit is a copy with hot caches. What works
           in place can go beyond 100: a copy also fetches the lines that it overwrites.
)";

template <class T>
std::vector<Row> try_layers(const NetPlan<T>& plan, const std::string& only_layer, Device& device, KernelClock& clock,
                            const TrialSettings& settings, const StatusLine& status) {
  std::vector<Row> rows;
  const ActivationPlan activations = plan_activations(plan, {.batch = settings.batch});
  for (size_t l = 0; l < plan.layers.size(); ++l) {
    if (!only_layer.empty() && only_layer != plan.layers[l].name) continue;
    status.show("measuring " + plan.name + " " + plan.layers[l].name);
    std::ranges::move(try_layer(plan, activations, l, device, clock, settings), std::back_inserter(rows));
  }
  return rows;
}

int bench_passes(const PassesArguments& arguments) {
  std::vector<Model> models;
  std::vector<int> batches;
  std::vector<std::string> names, precisions;
  for (const std::string& name : arguments.models) {
    const ModelFolder files = load_model(name, arguments.changes.overrides);
    models.push_back({files, plan_model<float>(files), parse_recipe(files.recipe)});
    names.push_back(models.back().plan.name);
    batches.push_back(arguments.batch > 0 ? arguments.batch : models.back().recipe.batch);
    precisions.push_back(name_of(models.back().recipe.precision));
  }
  check_only(arguments, models);
  KernelClock clock;
  const auto device = observe(open_device(arguments.device), clock);
  nlohmann::json setting = bench_setting(arguments.grain == Grain::kernel ? "ops" : "layers", *device);
  setting["models"] = names;
  setting["changes"] = changes_of(arguments.changes);
  setting["batch"] = batches;
  setting["precision"] = precisions;
  setting["cache"] = arguments.cache;
  setting["warm_up"] = 1;
  Report report(arguments.output, std::move(setting));

  const StatusLine status;
  const bool one_layer = names_layer(arguments.only, models);
  const std::string only_layer = one_layer ? arguments.only : "", only_kernel = one_layer ? "" : arguments.only;
  std::vector<Row> rows;
  for (size_t m = 0; m < models.size(); ++m) {
    const Model& model = models[m];
    const TrialSettings settings{.batch = batches[m],
                                 .rounds = arguments.rounds,
                                 .cache = arguments.cache == "hot" ? Cache::hot : Cache::cold,
                                 .grain = arguments.grain,
                                 .only = only_kernel};
    const auto try_in = [&](const auto& plan) {
      return try_layers(plan, only_layer, *device, clock, settings, status);
    };
    std::ranges::move(
        model.recipe.precision == Precision::bf16 ? try_in(plan_model<bf16>(model.files)) : try_in(model.plan),
        std::back_inserter(rows));
    if (arguments.grain == Grain::kernel && only_layer.empty() && model.plan.parameter_count() > 0) {
      status.show("measuring " + model.plan.name + "'s update");
      const auto net = build_net(model.files, model.recipe.precision, *device, {.batch = 1});
      std::ranges::move(try_update(*net, model.recipe, clock, settings), std::back_inserter(rows));
    }
  }
  status.clear();
  if (rows.empty() && !arguments.only.empty())
    throw UsageError("--only " + arguments.only, "is nothing that a training step runs here");
  report.finish(heading(arguments, *device) + rows_table(rows) + kLegend, rows);
  return kOk;
}

void add_passes(CLI::App* parser, Command& command, const std::shared_ptr<PassesArguments>& arguments) {
  add_override_argument(*parser, arguments->changes);
  add_device_arguments(*parser, arguments->device);
  add_precision_argument(*parser, arguments->changes);
  parser->add_option("--batch", arguments->batch, "Images a pass; 0: the recipe's")->check(CLI::Range(0, 65536));
  parser->add_option("--rounds", arguments->rounds, "Rounds that count, after one that does not")
      ->check(CLI::Range(1, 100000))
      ->capture_default_str();
  parser
      ->add_option("--cache", arguments->cache,
                   "Before each pass, cold: other memory is written; hot: the same pass runs, uncounted")
      ->check(CLI::IsMember({"cold", "hot"}))
      ->capture_default_str();
  add_output_arguments(*parser, arguments->output);
  parser->callback([=, &command] { command = [=] { return bench_passes(*arguments); }; });
}

}  // namespace

void add_bench_ops_and_layers(CLI::App& bench, Command& command) {
  CLI::App* ops = bench.add_subcommand("ops", "Every kernel and every GEMM of every layer, forward and backward");
  const auto of_ops = std::make_shared<PassesArguments>();
  of_ops->models = {"alexnet-paper"};
  ops->add_option("model", of_ops->models, "Models' names, or folders with net.toml and recipe.toml")
      ->capture_default_str();
  ops->add_option("--only", of_ops->only, "Only this layer or this kernel");
  ops->footer("Examples:\n  tandem bench ops lenet cifar-18pct --cache hot\n  tandem bench ops --only lrn_forward\n");
  add_passes(ops, command, of_ops);

  CLI::App* layers = bench.add_subcommand("layers", "Every layer's forward and backward pass, each by itself");
  const auto of_layers = std::make_shared<PassesArguments>();
  of_layers->grain = Grain::pass;
  layers->add_option("model", of_layers->models, "A model's name, or a folder with net.toml and recipe.toml")
      ->required()
      ->expected(1);
  layers->add_option("--only", of_layers->only, "Only this layer");
  layers->footer("Example:\n  tandem bench layers alexnet-paper --batch 32\n");
  add_passes(layers, command, of_layers);
}

}  // namespace tandem
