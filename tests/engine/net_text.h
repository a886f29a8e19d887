// Nets written down by the tests themselves.
#pragma once
#include <string>
#include <vector>

#include "engine/net/net.h"
#include "engine/net/random_input.h"
#include "layers/registry.h"

namespace tandem {

template <class T>
NetPlan<T> plan_text(const std::string& toml, const LayerRegistry<T>& registry = layer_registry<T>()) {
  const Options file = Options::parse(toml, "net.toml");
  NetPlan<T> plan = plan_net<T>(parse_net(file), registry);
  file.finish();
  return plan;
}

template <class A>
std::vector<A> on_host(const AnyNet<A>& net, const A* from, size_t elements) {
  std::vector<A> values(elements);
  net.device().download(values.data(), from, elements * sizeof(A));
  return values;
}

}  // namespace tandem
