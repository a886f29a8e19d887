#include "apps/bench/layer_trial.h"

#include <algorithm>
#include <functional>

#include "apps/bench/stopwatch.h"
#include "engine/net/single_layer.h"
#include "engine/train/sgd.h"

namespace tandem {
namespace {

Placement placement(const NetOutline& plan, const ActivationPlan& activations, size_t layer) {
  const int input = plan.layers[layer].inputs.front();
  const bool shared = input >= 0 && activations.layers[layer].output == activations.layers[size_t(input)].output;
  return shared ? Placement::in_place : Placement::separate;
}

struct TimedPass {
  std::function<void()> run;
  Row whole;
  std::vector<Row> kernels = {};
  std::vector<double> bytes_at_once = {};  // of each kernel
  std::vector<Cache> caches = {};          // what each kernel finds there
};

// Learns what there will be to measure, and warms up. What runs in tiles finds them hot: a tile's kernels follow each
// other.
void count(TimedPass& pass, Device& device, KernelClock& clock, const TrialSettings& settings) {
  clock.start(device);
  pass.run();
  for (const KernelTime& time : clock.stop()) {
    if (!settings.only.empty() && settings.only != time.kernel) continue;
    Row row = pass.whole;
    row.work = time.kernel;
    row.calls = time.calls;
    row.bytes = time.bytes;
    row.flops = time.flops;
    pass.whole.bytes += time.bytes;
    pass.whole.flops += time.flops;
    pass.kernels.push_back(row);
    pass.bytes_at_once.push_back(time.bytes_at_once);
    pass.caches.push_back(time.in_tile ? Cache::hot : settings.cache);
  }
}

void time_kernels(TimedPass& pass, Device& device, KernelClock& clock, CacheState& caches, Cache cache) {
  caches.prepare(cache, pass.run);
  if (cache == Cache::cold) {
    clock.start(device, [&] { caches.prepare(cache, {}); });
  } else {
    clock.start(device);
  }
  pass.run();
  for (const KernelTime& time : clock.stop())
    for (Row& row : pass.kernels)
      if (row.work == time.kernel) row.seconds.push_back(time.seconds);
}

void time_whole(TimedPass& pass, CacheState& caches, Cache cache) {
  caches.prepare(cache, pass.run);
  pass.whole.seconds.push_back(seconds_of(pass.run));
}

std::vector<Row> rows_of(const TimedPass& pass, const Limits& limits, Grain grain) {
  std::vector<Row> rows = pass.kernels;
  Row whole = pass.whole;
  double largest = 0;
  for (size_t k = 0; k < rows.size(); ++k) {
    rows[k].limit = rows[k].flops > 0 ? limits.gemm() : limits.copy(pass.bytes_at_once[k], pass.caches[k]);
    if (pass.bytes_at_once[k] < largest) continue;
    largest = pass.bytes_at_once[k];
    whole.limit = rows[k].limit;
  }
  if (whole.flops > 0) whole.limit = limits.gemm();
  return grain == Grain::kernel ? rows : std::vector<Row>{whole};
}

std::vector<Row> measure(std::vector<TimedPass> passes, Precision precision, Device& device, KernelClock& clock,
                         const TrialSettings& settings) {
  for (TimedPass& each : passes) count(each, device, clock, settings);
  if (settings.grain == Grain::kernel)
    std::erase_if(passes, [](const TimedPass& each) { return each.kernels.empty(); });
  if (passes.empty()) return {};

  CacheState caches(device);
  Limits limits(device, caches);
  for (const TimedPass& each : passes)
    for (size_t k = 0; k < each.kernels.size(); ++k)
      each.kernels[k].flops > 0 ? limits.want_gemm(precision) : limits.want_copy(each.bytes_at_once[k], each.caches[k]);
  for (int round = 0; round < settings.rounds; ++round) {
    for (TimedPass& each : passes)
      settings.grain == Grain::kernel ? time_kernels(each, device, clock, caches, settings.cache)
                                      : time_whole(each, caches, settings.cache);
    limits.measure();
  }

  std::vector<Row> rows;
  for (const TimedPass& each : passes)
    for (Row& row : rows_of(each, limits, settings.grain)) rows.push_back(std::move(row));
  return rows;
}

}  // namespace

template <class T>
std::vector<Row> try_layer(const NetPlan<T>& plan, const ActivationPlan& activations, size_t layer, Device& device,
                           KernelClock& clock, const TrialSettings& settings) {
  const PlannedLayer& planned = plan.layers[layer];
  const bool wants_dx = activations.layers[layer].wants_input_gradient();
  SingleLayer<T> memory(*plan.implementations[layer], {plan.input_shapes(layer), planned.output}, settings.batch,
                        device, placement(plan, activations, layer), wants_dx);
  memory.fill_randomly();
  const auto pass = [&](const std::string& name, const std::function<void()>& work) {
    return TimedPass{.run =
                         [&device, work] {
                           work();
                           device.synchronize();
                         },
                     .whole = {.model = plan.name, .layer = planned.name, .pass = name}};
  };
  std::vector<TimedPass> passes = {pass("forward", [&] { memory.forward(); })};
  if (wants_dx || !planned.parameters.empty()) passes.push_back(pass("backward", [&] { memory.backward(); }));
  return measure(std::move(passes), std::is_same_v<T, bf16> ? Precision::bf16 : Precision::float32, device, clock,
                 settings);
}

std::vector<Row> try_update(AnyNet<float>& net, const Recipe& recipe, KernelClock& clock,
                            const TrialSettings& settings) {
  Device& device = net.device();
  net.initialize(recipe.seed);
  Sgd<float> sgd(net, recipe);
  TimedPass pass{.run =
                     [&] {
                       sgd.update({.weights = 1e-6, .biases = 1e-6});
                       device.synchronize();
                     },
                 .whole = {.model = net.plan().name, .pass = "update"}};
  return measure({std::move(pass)}, recipe.precision, device, clock, settings);
}

template std::vector<Row> try_layer(const NetPlan<float>&, const ActivationPlan&, size_t, Device&, KernelClock&,
                                    const TrialSettings&);
template std::vector<Row> try_layer(const NetPlan<bf16>&, const ActivationPlan&, size_t, Device&, KernelClock&,
                                    const TrialSettings&);

}  // namespace tandem
