// The layers of a model one by one, each in memory of its own, at the place and in the shape that it has in training;
// and the update, which is no layer's.
#pragma once
#include <string>
#include <vector>

#include "apps/bench/kernel_clock.h"
#include "apps/bench/limits.h"
#include "apps/bench/record.h"
#include "engine/net/activation_plan.h"
#include "engine/net/any_net.h"
#include "engine/train/recipe.h"

namespace tandem {

// What one row stands for.
enum class Grain { kernel, pass };

struct TrialSettings {
  int batch = 1, rounds = 5;
  Cache cache = Cache::cold;
  Grain grain = Grain::kernel;
  std::string only = {};  // this kernel; empty: all
};

// Layer number `layer` of `plan` on `device`, which `clock` observes: forward, and backward where there is one. One
// pass of each that does not count, then the rounds; after each of them the limits.
template <class T>
std::vector<Row> try_layer(const NetPlan<T>& plan, const ActivationPlan& activations, size_t layer, Device& device,
                           KernelClock& clock, const TrialSettings& settings);

// What follows the backward pass of `net`: the update of all parameters at once, and whatever has to be made anew then.
// The net has parameters.
std::vector<Row> try_update(AnyNet<float>& net, const Recipe& recipe, KernelClock& clock,
                            const TrialSettings& settings);

}  // namespace tandem
