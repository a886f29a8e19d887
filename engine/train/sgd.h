// The paper's update rule (section 5), over all parameters of a net.
#pragma once
#include <vector>

#include "engine/net/net.h"
#include "engine/train/recipe.h"

namespace tandem {

struct Rates {
  double weights = 0, biases = 0;
};

// The rates after `epoch` epochs of the recipe's run.
Rates rates_at(const Recipe& recipe, double epoch, const PlateauState& plateau);

template <class T>
class Sgd {
 public:
  // Device memory that one takes, in bytes.
  static size_t memory_use(const NetOutline& plan);

  // The net must be built for training, and outlive this.
  Sgd(AnyNet<T>& net, const Recipe& recipe);

  // v <- momentum v - decay rate w - rate g;  w <- w + v, with each parameter's own rate and decay: a layer's
  // multipliers if the net file gives them, else the recipe's.
  void update(const Rates& rates);

 private:
  using Step = SgdStep<Compute<T>>;

  AnyNet<T>& net_;
  const Recipe recipe_;
  std::vector<Step> steps_;  // of the last update, one a parameter; as on the device
  Array<Step> device_steps_;
  Array<int32_t> tensor_of_block_;
};

}  // namespace tandem
