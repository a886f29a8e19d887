#include "layers/learned.h"

#include "engine/core/error.h"

namespace tandem {
namespace {

double parse_multiplier(const Options& multipliers, const std::string& key, double otherwise) {
  if (!multipliers.has(key)) return otherwise;
  const double multiplier = multipliers.real(key);
  if (multiplier < 0) throw UsageError(multipliers.where(key), "a multiplier cannot be negative");
  return multiplier;
}

ParameterSpec parse_parameter(const Options& options, const std::string& name, const std::string& init_key,
                              const Initializer& initializer) {
  ParameterSpec spec;
  spec.name = name;
  spec.initializer = parse_initializer(options.optional_table("init"), init_key, initializer);
  spec.rate_multiplier = parse_multiplier(options.optional_table("rate_multiplier"), name, spec.rate_multiplier);
  spec.decay_multiplier = parse_multiplier(options.optional_table("decay_multiplier"), name, spec.decay_multiplier);
  return spec;
}

}  // namespace

void Learned::set_fans(long fan_in, long fan_out) {
  weights.fan_in = biases.fan_in = fan_in;
  weights.fan_out = biases.fan_out = fan_out;
}

std::vector<ParameterSpec> Learned::specs(bool with_biases) const {
  return with_biases ? std::vector{weights, biases} : std::vector{weights};
}

Learned parse_learned(const Options& options) {
  return {parse_parameter(options, "weights", "weights", {Initializer::Kind::xavier, 0}),
          parse_parameter(options, "biases", "bias", {Initializer::Kind::constant, 0})};
}

}  // namespace tandem
