// The paper's update rule (section 5), over all parameters of a net.
#pragma once
#include "engine/net/net.h"
#include "engine/train/recipe.h"

namespace tandem {

struct Rates {
  double weights = 0, biases = 0;
};

// The rates after `epoch` epochs of the recipe's run.
Rates rates_at(const Recipe& recipe, double epoch, const PlateauState& plateau);

// v <- momentum v - decay rate w - rate g;  w <- w + v, with each parameter's own rate and decay: a layer's multipliers
// if the net file gives them, else the recipe's.
template <class T>
void sgd_update(AnyNet<T>& net, const Recipe& recipe, const Rates& rates);

}  // namespace tandem
