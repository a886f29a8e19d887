// Central differences against a net's own gradients (in double; see tandem check gradients).
#pragma once
#include <string>
#include <vector>

#include "engine/net/net.h"

namespace tandem {

struct GradientCheckOptions {
  double step = 1e-5;       // h of the central difference (f(x + h) - f(x - h)) / 2h
  int samples = 24;         // entries looked at in each tensor (all of them, if there are no more)
  double tolerance = 1e-6;  // on TensorCheck::error
  uint64_t seed = 1;
};

struct TensorCheck {
  std::string name;            // "conv1.weights", or "input"
  int checked = 0, kinks = 0;  // entries compared; entries skipped because a ReLU or max-pool switches within the step
  double error = 0;            // ||numeric - analytic|| / max(||numeric||, ||analytic||) over the entries compared
  bool passed = false;         // error within the tolerance (or below rounding), and something was compared
};

// The net must hold a batch (set_input) and be built with training and input_gradient. Its parameters are overwritten
// by He-initialised ones, so that every layer is alive whatever the net file asks for. An entry is at a kink when
// central differences with h and h / 2 disagree by more than a smooth function's could.
std::vector<TensorCheck> check_gradients(Net<double>& net, const GradientCheckOptions& options = {});

}  // namespace tandem
