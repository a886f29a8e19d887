#include "engine/train/sgd.h"

namespace tandem {
namespace {

// Rounded once each: the product of decay and rate is made in double.
template <class Number>
SgdStep<Number> step_of(const ParameterSpec& spec, const Recipe& recipe, const Rates& rates) {
  const double own_rate = spec.is_bias() ? rates.biases : rates.weights;
  const double own_decay = spec.is_bias() ? recipe.bias_decay_multiplier : 1;
  const double rate = spec.rate_multiplier >= 0 ? rates.weights * spec.rate_multiplier : own_rate;
  const double decay = recipe.decay * (spec.decay_multiplier >= 0 ? spec.decay_multiplier : own_decay);
  return {.rate = Number(rate), .momentum = Number(recipe.momentum), .decay_rate = Number(decay * rate)};
}

size_t blocks(const ParameterSpec& spec) { return (size_t(spec.elements()) + kSgdBlock - 1) / kSgdBlock; }

template <class T>
std::vector<int32_t> tensor_of_block(const AnyNet<T>& net) {
  std::vector<int32_t> tensors;
  for (size_t p = 0; p < net.parameters().size(); ++p)
    tensors.insert(tensors.end(), blocks(net.parameters()[p].spec), int32_t(p));
  return tensors;
}

}  // namespace

Rates rates_at(const Recipe& recipe, double epoch, const PlateauState& plateau) {
  const double weights = recipe.rate.rate(epoch, recipe.epochs, plateau);
  return {weights, recipe.bias_rate ? recipe.bias_rate->rate(epoch, recipe.epochs, plateau)
                                    : weights * recipe.bias_rate_multiplier};
}

template <class T>
size_t Sgd<T>::memory_use(const NetOutline& plan) {
  size_t bytes = 0;
  for (const PlannedLayer& layer : plan.layers)
    for (const ParameterSpec& spec : layer.parameters) bytes += sizeof(Step) + blocks(spec) * sizeof(int32_t);
  return bytes;
}

template <class T>
Sgd<T>::Sgd(AnyNet<T>& net, const Recipe& recipe)
    : net_(net), recipe_(recipe), device_steps_(net.device(), net.parameters().size()) {
  const std::vector<int32_t> tensors = tensor_of_block(net);
  tensor_of_block_ = Array<int32_t>(net.device(), tensors.size());
  tensor_of_block_.upload(tensors);
}

template <class T>
void Sgd<T>::update(const Rates& rates) {
  if (net_.parameters().empty()) return;
  std::vector<Step> steps;
  for (const Parameter<T>& parameter : net_.parameters())
    steps.push_back(step_of<Compute<T>>(parameter.spec, recipe_, rates));
  if (steps != steps_) {
    device_steps_.upload(steps);
    steps_ = std::move(steps);
  }
  const Parameter<T>& first = net_.parameters().front();  // the others lie behind it
  net_.device().template kernels<T>().sgd(net_.device().stream(), first.value, first.momentum, first.gradient,
                                          tensor_of_block_.size() * kSgdBlock, tensor_of_block_.data(),
                                          device_steps_.data());
  net_.parameters_changed();
}

template class Sgd<float>;
template class Sgd<double>;

}  // namespace tandem
