// tandem-xray: what `tandem xray` starts. A program of its own, because its GPU is the interpreter of PTX, which cannot
// share a program with the real CUDA runtime.
#include <CLI/CLI.hpp>
#include <filesystem>
#include <iostream>
#include <nlohmann/json.hpp>

#include "apps/commands.h"
#include "apps/model_folder.h"
#include "apps/xray/xray.h"
#include "engine/core/error.h"
#include "engine/core/random.h"
#include "engine/report/numbers.h"
#include "engine/report/table.h"
#include "engine/train/sgd.h"
#include "kernels/ptx/runtime/control.h"

namespace tandem {
namespace {

// Peak memory rates of the vendor's data sheets, bytes/s, and what a launch costs.
constexpr double kA100 = 1555e9, kH100 = 3350e9, kLaunchSeconds = 3e-6;

struct XrayArguments {
  ModelArguments model;
  std::string layer;
  int batch = 2;
  bool json = false, lines = false;
};

double ratio(double actual, double ideal) { return ideal > 0 ? actual / ideal : 1; }

double predicted_seconds(const Sight& sight, double bytes_per_s) {
  return sight.moved_bytes() / bytes_per_s + sight.launches * kLaunchSeconds;
}

Microscope look(const XrayArguments& arguments) {
  Microscope microscope;
  ptx::runtime::Settings settings;
  settings.launch_blocking = true;                  // so that a launch is counted while its call is known
  settings.interpreter.check_global_races = false;  // tests do that; it takes 40 bytes a word
  settings.memory_bytes = size_t{1} << 40;
  settings.after_launch = [&](const ptx::runtime::LaunchRecord& record) { microscope.count(record.result.counters); };
  ptx::runtime::configure(settings);

  const ModelFolder model = load_model(arguments.model.model, arguments.model.overrides);
  const Recipe recipe = parse_recipe(model.recipe);
  const auto device = observe(Device::open("cuda:0"), microscope);
  Net<float> net(plan_model<float>(model), *device, {.batch = arguments.batch, .training = true});
  const auto& layers = net.plan().layers;
  if (!arguments.layer.empty() &&
      std::none_of(layers.begin(), layers.end(), [&](const auto& layer) { return layer.name == arguments.layer; }))
    throw UsageError("--layer", "the net has no layer '" + arguments.layer + "'", "see tandem plan");
  net.initialize(recipe.seed);
  const Random random(1, Purpose::augment);
  std::vector<float> pixels(size_t(net.plan().input.elements()) * arguments.batch);
  for (size_t i = 0; i < pixels.size(); ++i) pixels[i] = float(random.uniform(i) - 0.5);
  const std::vector<int32_t> labels(size_t(arguments.batch), 0);
  net.set_input(pixels.data(), labels.data(), arguments.batch);

  microscope = {};  // what went before, filling memory, is not a part of a step
  net.watch([&](int layer, const char* direction) { microscope.look_at(layers[layer].name, direction); });
  net.forward(true, recipe.seed, 0);
  net.backward();
  microscope.look_at("all", "update");
  if (arguments.layer.empty()) sgd_update(net, recipe, {.weights = 1e-6, .biases = 1e-6});
  device->synchronize();
  settings.after_launch = nullptr;
  ptx::runtime::configure(settings);
  return microscope;
}

nlohmann::json as_json(const Sight& sight) {
  const ptx::Counters& counters = sight.counters;
  return {{"layer", sight.layer},
          {"pass", sight.pass},
          {"kernel", sight.kernel},
          {"calls", sight.calls},
          {"launches", sight.launches},
          {"elements", sight.elements},
          {"fewest_bytes", sight.fewest_bytes},
          {"moved_bytes", sight.moved_bytes()},
          {"sectors", counters.sectors},
          {"ideal_sectors", counters.ideal_sectors},
          {"wavefronts", counters.wavefronts},
          {"ideal_wavefronts", counters.ideal_wavefronts},
          {"thread_instructions", counters.thread_instructions},
          {"divergent_branches", counters.divergent_branches},
          {"predicted_unmeasured_seconds",
           {{"a100", predicted_seconds(sight, kA100)}, {"h100", predicted_seconds(sight, kH100)}}}};
}

void print_sights(const std::vector<Sight>& sights, const std::string& only) {
  TextTable table({"layer", "pass", "kernel", "calls", "fewest kB", "moved kB", "of fewest", "sectors of ideal",
                   "wavefronts of ideal", "instructions/element", "divergent", "A100 us", "H100 us"});
  double a100 = 0, h100 = 0;
  for (const Sight& sight : sights) {
    if (!only.empty() && sight.layer != only) continue;
    const ptx::Counters& counters = sight.counters;
    a100 += predicted_seconds(sight, kA100);
    h100 += predicted_seconds(sight, kH100);
    table.add_row({sight.layer, sight.pass, sight.kernel, std::to_string(sight.calls),
                   fixed(double(sight.fewest_bytes) / 1e3, 1), fixed(sight.moved_bytes() / 1e3, 1),
                   fixed(ratio(sight.moved_bytes(), double(sight.fewest_bytes)), 2),
                   fixed(ratio(double(counters.sectors), double(counters.ideal_sectors)), 2),
                   fixed(ratio(double(counters.wavefronts), double(counters.ideal_wavefronts)), 2),
                   fixed(ratio(double(counters.thread_instructions), double(sight.elements)), 1),
                   std::to_string(counters.divergent_branches), fixed(1e6 * predicted_seconds(sight, kA100), 1),
                   fixed(1e6 * predicted_seconds(sight, kH100), 1)});
  }
  table.add_rule();
  table.add_row({"sum", "", "", "", "", "", "", "", "", "", "", fixed(1e6 * a100, 1), fixed(1e6 * h100, 1)});
  std::cout << table.text();
}

// The lines that waste most: sectors and wavefronts beyond the ideal.
void print_worst_lines(const Lines& lines) {
  const auto waste = [](const ptx::Traffic& traffic) {
    return traffic.sectors - traffic.ideal_sectors + traffic.wavefronts - traffic.ideal_wavefronts;
  };
  std::vector<std::pair<Lines::key_type, ptx::Traffic>> worst(lines.begin(), lines.end());
  std::sort(worst.begin(), worst.end(),
            [&](const auto& a, const auto& b) { return waste(a.second) > waste(b.second); });
  TextTable table({"line", "requests", "sectors", "of ideal", "wavefronts", "of ideal"});
  for (size_t i = 0; i < std::min<size_t>(10, worst.size()) && waste(worst[i].second) > 0; ++i) {
    const auto& [where, traffic] = worst[i];
    table.add_row({std::filesystem::path(where.first).filename().string() + ":" + std::to_string(where.second),
                   std::to_string(traffic.global_requests + traffic.shared_requests), std::to_string(traffic.sectors),
                   fixed(ratio(double(traffic.sectors), double(traffic.ideal_sectors)), 2),
                   std::to_string(traffic.wavefronts),
                   fixed(ratio(double(traffic.wavefronts), double(traffic.ideal_wavefronts)), 2)});
  }
  std::cout << "\nThe lines that cost most beyond the ideal\n" << table.text();
}

int xray(const XrayArguments& arguments) {
  const Microscope microscope = look(arguments);
  if (arguments.json) {
    for (const Sight& sight : microscope.sights())
      if (arguments.layer.empty() || sight.layer == arguments.layer) std::cout << as_json(sight) << '\n';
    return kOk;
  }
  std::cout << "One training step of " << arguments.batch
            << " images, layers at their real sizes, on the PTX that nvcc made "
            << "(sm_80).\n\n";
  print_sights(microscope.sights(), arguments.layer);
  if (arguments.lines) print_worst_lines(microscope.lines());
  std::cout << "\nmoved: 32-byte sectors that each block touches, summed over blocks. Times are predicted, unmeasured: "
               "moved bytes at 1,555 and 3,350 GB/s, and 3 us a launch. GEMM is cuBLAS's and not shown.\n";
  return kOk;
}

}  // namespace
}  // namespace tandem

int main(int argc, char** argv) {
  using namespace tandem;
  CLI::App parser("What each kernel of a training step does, seen through the interpreter of its PTX", "tandem xray");
  XrayArguments arguments;
  add_model_arguments(parser, arguments.model);
  parser.add_option("--layer", arguments.layer, "Only this layer");
  parser.add_option("--batch", arguments.batch, "Images in the step")
      ->check(CLI::Range(1, 1024))
      ->capture_default_str();
  parser.add_flag("--lines", arguments.lines, "Also name the worst lines of the kernels");
  parser.add_flag("--json", arguments.json, "Print one JSON object a kernel instead");
  parser.footer("Example:\n  tandem xray alexnet-paper --layer norm1 --lines\n");
  try {
    parser.parse(argc, argv);
    return xray(arguments);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return parser.exit(error);
    std::cerr << "tandem: " << error.what() << "; see tandem xray --help\n";
    return kUsage;
  } catch (const UsageError& error) {
    std::cerr << "tandem: " << error.what() << '\n';
    return kUsage;
  } catch (const std::exception& error) {
    std::cerr << "tandem: " << error.what() << '\n';
    return kError;
  }
}
