#include "apps/shrink.h"

#include <algorithm>
#include <limits>
#include <numeric>
#include <vector>

#include "engine/core/error.h"
#include "layers/registry.h"

namespace tandem {
namespace {

constexpr int kFewestOutputs = 4;

// The layer whose outputs are the classes: the one before the loss.
const std::string& logits_layer(const NetSpec& net) { return net.layers.back().inputs.at(0); }

// Calls use(layer, key) for every number of channels in the net file that may shrink.
template <class Use>
void for_widths(NetSpec& net, const Use& use) {
  for (LayerSpec& layer : net.layers)
    for (const char* key : {"outputs", "begin", "end"})
      if (layer.options.has(key) && layer.name != logits_layer(net)) use(layer, key);
}

// The largest number that divides all widths, each layer's groups still dividing what is left.
long common_divisor(NetSpec& net) {
  long groups = 1, divisor = 0, narrowest = std::numeric_limits<long>::max();
  for (const LayerSpec& layer : net.layers) groups = std::lcm(groups, layer.options.integer("groups", 1));
  for_widths(net, [&](const LayerSpec& layer, const std::string& key) {
    const long width = layer.options.integer(key);
    divisor = std::gcd(divisor, width % groups == 0 ? width / groups : 1);
    if (key == "outputs") narrowest = std::min(narrowest, width);
  });
  for (long candidate = divisor; candidate > 1; --candidate)
    if (divisor % candidate == 0 && narrowest / candidate >= kFewestOutputs) return candidate;
  return 1;
}

bool kernels_fit(const NetSpec& net, const NetPlan<double>& plan) {
  for (size_t l = 0; l < plan.layers.size(); ++l) {
    const int source = plan.layers[l].inputs[0];
    const ImageShape& input = source < 0 ? plan.input : plan.layers[source].output;
    if (net.layers[l].options.has("kernel") &&
        net.layers[l].options.integer("kernel") > std::min(input.height, input.width))
      return false;
  }
  return true;
}

NetPlan<double> plan_smallest(NetSpec net) {
  const ImageShape whole = net.input;
  for (int size = 1; size < std::min(whole.height, whole.width); ++size) {
    net.input = {size, size, whole.channels};
    try {
      NetPlan<double> plan = plan_net<double>(net, layer_registry<double>());
      if (kernels_fit(net, plan)) return plan;
    } catch (const UsageError&) {
      // Too small for some layer; the next size may do.
    }
  }
  net.input = whole;
  return plan_net<double>(net, layer_registry<double>());
}

}  // namespace

NetPlan<double> shrink(const Options& net_file) {
  NetSpec net = parse_net(Options::parse(net_file.toml(), net_file.where()));
  const long divisor = common_divisor(net);
  for_widths(net, [&](LayerSpec& layer, const std::string& key) {
    layer.options.set(key, std::to_string(layer.options.integer(key) / divisor));
  });
  return plan_smallest(std::move(net));
}

}  // namespace tandem
