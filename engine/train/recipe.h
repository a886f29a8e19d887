// recipe.toml as data: how a net is trained.
#pragma once
#include <cstdint>
#include <optional>

#include "engine/core/options.h"
#include "engine/data/transform.h"
#include "engine/net/precision.h"
#include "engine/train/schedule.h"

namespace tandem {

struct Recipe {
  int batch = 128;
  int epochs = 1;
  long steps = 0;  // stop after so many updates; 0: after `epochs`
  RateSchedule rate;
  double momentum = 0.9, decay = 0;
  // Biases follow the weights' rate times bias_rate_multiplier, or a schedule of their own.
  double bias_rate_multiplier = 1, bias_decay_multiplier = 1;
  std::optional<RateSchedule> bias_rate;

  // Do the rates of an epoch depend on how many there will be?
  bool rates_depend_on_length() const;
  InputRecipe input;
  AugmentRecipe augment;
  long limit = 0;  // train on the first so many images; 0: all
  uint64_t seed = 1;
  Precision precision = Precision::float32;
};

// Throws UsageError for unknown keys and impossible values.
Recipe parse_recipe(const Options& file);

}  // namespace tandem
