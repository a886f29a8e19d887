#include "engine/train/recipe.h"

#include "engine/core/error.h"

namespace tandem {
namespace {

double at_least_zero(const Options& options, const std::string& key, double otherwise) {
  const double value = options.real(key, otherwise);
  if (value < 0) throw UsageError(options.where(key), "cannot be negative");
  return value;
}

long whole(const Options& options, const std::string& key, long otherwise = 0) {
  const long value = options.integer(key, otherwise);
  if (value < 0) throw UsageError(options.where(key), "cannot be negative");
  return value;
}

Precision parse_precision(const Options& file) {
  const std::string name = file.text("precision", name_of(Precision::float32));
  if (const auto precision = precision_from_name(name)) return *precision;
  std::string known;
  for (const std::string& each : precision_names()) known += (known.empty() ? "'" : " or '") + each + "'";
  throw UsageError(file.where("precision"), "should be " + known + ", found '" + name + "'");
}

}  // namespace

bool Recipe::rates_depend_on_length() const {
  const auto depends = [](const RateSchedule& schedule) { return schedule.kind == RateSchedule::Kind::geometric; };
  return depends(rate) || (bias_rate && depends(*bias_rate));
}

Recipe parse_recipe(const Options& file) {
  Recipe recipe;
  recipe.batch = file.count("batch");
  recipe.epochs = file.count("epochs");
  recipe.steps = whole(file, "steps");
  recipe.rate = parse_schedule(file.table("rate"));
  recipe.momentum = at_least_zero(file, "momentum", recipe.momentum);
  if (recipe.momentum >= 1) throw UsageError(file.where("momentum"), "must be less than 1");
  recipe.decay = at_least_zero(file, "decay", recipe.decay);
  const Options biases = file.optional_table("biases");
  recipe.bias_rate_multiplier = at_least_zero(biases, "rate_multiplier", recipe.bias_rate_multiplier);
  recipe.bias_decay_multiplier = at_least_zero(biases, "decay_multiplier", recipe.bias_decay_multiplier);
  if (biases.has("rate")) recipe.bias_rate = parse_schedule(biases.table("rate"));
  if (recipe.bias_rate && recipe.bias_rate->kind == RateSchedule::Kind::plateau)
    throw UsageError(biases.where("rate"), "only the weights' rate can wait for a plateau",
                     "with rate_multiplier the biases' rate falls with it");
  const Options input = file.optional_table("input");
  recipe.input.subtract = subtract_from_name(input.text("subtract", "none"));
  recipe.input.scale = input.real("scale", recipe.input.scale);
  recipe.input.resize = int(whole(input, "resize"));
  recipe.input.mean_crop = mean_crop_from_name(input.text("mean_crop", "centre"));
  const Options augment = file.optional_table("augment");
  recipe.augment.crop = int(whole(augment, "crop"));
  recipe.augment.flip = augment.boolean("flip", false);
  const Options colour = augment.optional_table("colour");
  recipe.augment.colour.rule = colour_rule_from_name(colour.text("rule", "none"));
  recipe.augment.colour.deviation = at_least_zero(colour, "deviation", recipe.augment.colour.deviation);
  recipe.augment.colour.epochs = int(whole(colour, "epochs"));
  recipe.limit = whole(file, "limit");
  recipe.seed = uint64_t(whole(file, "seed", long(recipe.seed)));
  recipe.precision = parse_precision(file);
  file.finish();
  return recipe;
}

}  // namespace tandem
