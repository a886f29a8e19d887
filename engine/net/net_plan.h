// A network whose layers exist and have agreed on their shapes; no memory has been taken yet. `tandem plan` prints it,
// a Net runs it.
#pragma once
#include <memory>
#include <string>
#include <vector>

#include "engine/net/net_spec.h"

namespace tandem {

struct PlannedLayer {
  std::string name, type;
  std::vector<int> inputs;  // numbers of the layers it reads; -1 is the net's input
  ImageShape output;
  std::vector<ParameterSpec> parameters;
  BackwardNeeds needs;
  long multiply_adds = 0;  // of one image's forward pass
};

// What a network is, whatever type its activations are stored in.
struct NetOutline {
  std::string name;
  ImageShape input;
  int classes = 0;
  std::vector<PlannedLayer> layers;

  std::vector<ImageShape> input_shapes(size_t layer) const;
  long parameter_count() const;
  long multiply_adds() const;  // one image, forward
};

template <class T>
struct NetPlan : NetOutline {
  std::vector<std::unique_ptr<Layer<T>>> implementations;  // of the layers
};

// Throws UsageError for unknown types, unknown keys, shapes that cannot be, and a last layer that is not a loss over
// `classes` values.
template <class T>
NetPlan<T> plan_net(const NetSpec& spec, const LayerRegistry<T>& registry);

}  // namespace tandem
