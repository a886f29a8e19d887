// What convolution, local and fully-connected layers share: weights and biases.
#pragma once
#include <vector>

#include "engine/core/options.h"
#include "engine/net/layer.h"

namespace tandem {

struct Learned {
  ParameterSpec weights, biases;

  // The connections of one unit, for the initialisers; biases count as their weights do.
  void set_fans(long fan_in, long fan_out);
  std::vector<ParameterSpec> specs(bool with_biases) const;
};

// Reads init = { weights = ..., bias = ... } (see engine/net/initializer.h; default: weights xavier, bias 0),
// rate_multiplier = { weights = ..., biases = ... } and decay_multiplier likewise (default: the recipe's). The shapes
// are the layer's to fill in. Throws UsageError for a negative multiplier.
Learned parse_learned(const Options& options);

}  // namespace tandem
