#include "engine/train/sgd.h"

namespace tandem {
namespace {

SgdStep step_of(const ParameterSpec& spec, const Recipe& recipe, const Rates& rates) {
  const double own_rate = spec.is_bias() ? rates.biases : rates.weights;
  const double own_decay = spec.is_bias() ? recipe.bias_decay_multiplier : 1;
  return {.rate = spec.rate_multiplier >= 0 ? rates.weights * spec.rate_multiplier : own_rate,
          .momentum = recipe.momentum,
          .decay = recipe.decay * (spec.decay_multiplier >= 0 ? spec.decay_multiplier : own_decay)};
}

}  // namespace

Rates rates_at(const Recipe& recipe, double epoch, const PlateauState& plateau) {
  const double weights = recipe.rate.rate(epoch, recipe.epochs, plateau);
  return {weights, recipe.bias_rate ? recipe.bias_rate->rate(epoch, recipe.epochs, plateau)
                                    : weights * recipe.bias_rate_multiplier};
}

template <class T>
void sgd_update(AnyNet<T>& net, const Recipe& recipe, const Rates& rates) {
  Device& device = net.device();
  for (const Parameter<T>& parameter : net.parameters())
    device.kernels<T>().sgd(device.stream(), parameter.value, parameter.momentum, parameter.gradient,
                            parameter.elements(), step_of(parameter.spec, recipe, rates));
  net.parameters_changed();
}

template void sgd_update(AnyNet<float>&, const Recipe&, const Rates&);
template void sgd_update(AnyNet<double>&, const Recipe&, const Rates&);

}  // namespace tandem
