// Nets written down by the tests themselves.
#pragma once
#include <string>
#include <vector>

#include "engine/core/random.h"
#include "engine/net/net.h"
#include "layers/registry.h"

namespace tandem {

template <class T>
NetPlan<T> plan_text(const std::string& toml, const LayerRegistry<T>& registry = layer_registry<T>()) {
  const Options file = Options::parse(toml, "net.toml");
  NetPlan<T> plan = plan_net<T>(parse_net(file), registry);
  file.finish();
  return plan;
}

// A batch of normal values and any labels, the same ones for the same seed; a smaller batch is the larger one's
// beginning.
template <class A>
void set_random_input(AnyNet<A>& net, int count, uint64_t seed = 1) {
  std::vector<A> pixels(size_t(net.plan().input.elements()) * count);
  std::vector<int32_t> labels(count);
  const Random values(seed, Purpose::augment, 0), classes(seed, Purpose::augment, 1);
  for (size_t i = 0; i < pixels.size(); ++i) pixels[i] = A(values.normal(i));
  for (int i = 0; i < count; ++i) labels[i] = int32_t(classes.below(i, net.plan().classes));
  net.set_input(pixels.data(), labels.data(), count);
}

template <class A>
std::vector<A> on_host(const AnyNet<A>& net, const A* from, size_t elements) {
  std::vector<A> values(elements);
  net.device().download(values.data(), from, elements * sizeof(A));
  return values;
}

}  // namespace tandem
