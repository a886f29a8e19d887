// A small network with the structure of a large one, for checks whose cost grows with every weight.
#pragma once
#include "engine/core/options.h"
#include "engine/net/net_plan.h"

namespace tandem {

// The net of `net_file` (whose options stay untouched) with
//   * all `outputs` but the logits' and all slices divided by one number, which leaves at least 4 outputs to each layer
//     and as many groups as before;
//   * the smallest square image in which every kernel still fits into its layer's input, or the net's own image if
//     there is none.
NetPlan<double> shrink(const Options& net_file);

}  // namespace tandem
