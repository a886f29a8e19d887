#include "engine/net/any_net.h"

namespace tandem {

template <class A>
size_t AnyNet<A>::padded_elements(const ParameterSpec& spec) {
  return (size_t(spec.elements()) + kSgdBlock - 1) / kSgdBlock * kSgdBlock;
}

template <class A>
size_t AnyNet<A>::parameter_elements(const NetOutline& plan) {
  size_t elements = 0;
  for (const PlannedLayer& layer : plan.layers)
    for (const ParameterSpec& spec : layer.parameters) elements += padded_elements(spec);
  return elements;
}

template <class A>
void AnyNet<A>::take_memory(const NetOutline& plan) {
  const size_t elements = parameter_elements(plan);
  values_ = Array<A>(device_, elements);
  if (options_.training) {
    gradients_ = Array<A>(device_, elements);
    momentum_ = Array<A>(device_, elements);
    // The update takes whole blocks: what lies between the tensors must be numbers too.
    device_.kernels<A>().fill(device_.stream(), gradients_.data(), elements, 0);
    device_.kernels<A>().fill(device_.stream(), momentum_.data(), elements, 0);
  }
  device_.kernels<A>().fill(device_.stream(), values_.data(), elements, 0);
  size_t offset = 0;
  for (const PlannedLayer& layer : plan.layers)
    for (const ParameterSpec& spec : layer.parameters) {
      Parameter<A> parameter{.name = layer.name + "." + spec.name, .spec = spec};
      parameter.value = values_.data() + offset;
      if (options_.training) {
        parameter.gradient = gradients_.data() + offset;
        parameter.momentum = momentum_.data() + offset;
      }
      parameters_.push_back(std::move(parameter));
      offset += padded_elements(spec);
    }
  input_ = Array<A>(device_, size_t(plan.input.elements()) * options_.batch);
  labels_ = Array<int32_t>(device_, options_.batch);
}

template <class A>
void AnyNet<A>::initialize(uint64_t seed) {
  for (size_t p = 0; p < parameters_.size(); ++p) {
    const ParameterSpec& spec = parameters_[p].spec;
    const std::vector<float> values =
        draw_initial_values(spec.initializer, seed, uint32_t(p), spec.elements(), spec.fan_in, spec.fan_out);
    const std::vector<A> converted(values.begin(), values.end());
    device_.upload(parameters_[p].value, converted.data(), converted.size() * sizeof(A));
  }
  if (options_.training) device_.kernels<A>().fill(device_.stream(), momentum_.data(), momentum_.size(), 0);
  parameters_changed();
}

template <class A>
void AnyNet<A>::set_input(const A* pixels, const int32_t* labels, int count) {
  set_labels(labels, count);
  device_.upload(input_.data(), pixels, size_t(plan().input.elements()) * count * sizeof(A));
}

template <class A>
void AnyNet<A>::set_labels(const int32_t* labels, int count) {
  if (count < 1 || count > options_.batch)
    throw Error("Net", "a batch of " + std::to_string(count) + " images does not fit a net built for " +
                           std::to_string(options_.batch));
  count_ = count;
  device_.upload(labels_.data(), labels, size_t(count) * sizeof(int32_t));
}

template <class A>
BatchResult AnyNet<A>::result() const {
  BatchResult result{.count = count_};
  for (const double loss : losses()) result.loss += loss / count_;  // in the order of the images, always
  auto ahead = std::vector<int32_t>(size_t(count_));
  device_.download(ahead.data(), ranks(), ahead.size() * sizeof(int32_t));
  for (const int32_t rank : ahead) {
    result.top1 += rank < 1;
    result.top5 += rank < 5;
  }
  return result;
}

template <class A>
std::string AnyNet<A>::first_parameter_not_finite() const {
  for (const Parameter<A>& parameter : parameters_)
    if (!device_.kernels<A>().all_finite(device_.stream(), parameter.value, parameter.elements()))
      return parameter.name;
  return "";
}

template <class A>
void AnyNet<A>::measure(LayerTimes* times) {
  times_ = times;
  if (times != nullptr) times->forward.resize(plan().layers.size()), times->backward.resize(plan().layers.size());
}

template class AnyNet<float>;
template class AnyNet<double>;

}  // namespace tandem
