// net.toml as data: what the network is, before any layer object exists.
#pragma once
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "engine/core/options.h"
#include "engine/net/layer.h"

namespace tandem {

struct LayerSpec {
  std::string name, type;
  std::vector<std::string> inputs;  // names of earlier layers, or "input"
  Options options;                  // the layer's own keys
};

struct NetSpec {
  std::string name;
  ImageShape input;
  int classes = 0;
  std::vector<LayerSpec> layers;
};

// Throws UsageError for unknown keys, repeated or missing names, and inputs that do not come earlier in the file (so a
// net cannot have a cycle).
NetSpec parse_net(const Options& file);

// Makes a layer from its options. The one table of types is layers/registry.h, handed in because the engine must not
// include the layers.
template <class T>
using LayerFactory = std::function<std::unique_ptr<Layer<T>>(const Options& options)>;
template <class T>
using LayerRegistry = std::map<std::string, LayerFactory<T>>;

}  // namespace tandem
