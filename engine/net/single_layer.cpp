#include "engine/net/single_layer.h"

#include <type_traits>

#include "engine/core/random.h"

namespace tandem {
namespace {

template <class T>
Array<T> activations(Device& device, const ImageShape& shape, int batch) {
  return Array<T>(device, size_t(shape.elements()) * size_t(batch));
}

template <class T, class Pointer>
void append_pointers(const std::vector<Array<T>>& arrays, std::vector<Pointer>& pointers) {
  for (const Array<T>& array : arrays) pointers.push_back(array.data());
}

}  // namespace

template <class T>
void fill_randomly(Array<T>& array, uint64_t seed) {
  const Random random(seed, Purpose::initialise);
  std::vector<T> values(array.size());
  for (size_t i = 0; i < values.size(); ++i) values[i] = T(Compute<T>(random.uniform(i) - 0.5));
  array.upload(values);
}

template <class T>
SingleLayer<T>::SingleLayer(Layer<T>& layer, const Shapes& shapes, int batch, Device& device, Placement placement,
                            bool want_input_gradients)
    : labels(device, size_t(batch)),
      layer_(layer),
      batch_(batch),
      device_(device),
      is_loss_(dynamic_cast<const LossLayer<T>*>(&layer) != nullptr) {
  for (const ImageShape& shape : shapes.inputs) {
    inputs.push_back(activations<T>(device, shape, batch));
    input_gradients.push_back(want_input_gradients ? activations<T>(device, shape, batch) : Array<T>());
  }
  for (const ParameterSpec& spec : layer.parameters()) {
    parameters.emplace_back(device, size_t(spec.elements()));
    parameter_gradients.emplace_back(device, size_t(spec.elements()));
  }
  if (placement == Placement::in_place) {
    output = inputs.at(0);
    output_gradient = input_gradients.at(0);
  } else if (!is_loss_) {
    output = activations<T>(device, shapes.output, batch);
    output_gradient = activations<T>(device, shapes.output, batch);
  }
  kept = Array<std::byte>(device, layer.needs().kept_bytes_per_image * size_t(batch) + 1);
  const PassKind kind{batch, /*backward=*/true, want_input_gradients};
  scratch = Array<std::byte>(device, layer.scratch(device, kind).bytes);
  append_pointers(inputs, input_pointers_);
  append_pointers(parameters, parameter_pointers_);
  append_pointers(input_gradients, input_gradient_pointers_);
  append_pointers(parameter_gradients, parameter_gradient_pointers_);
  if constexpr (std::is_same_v<T, Compute<T>>) {
    operand_pointers_ = parameter_pointers_;
  } else {
    for (const auto& parameter : parameters) operands_.emplace_back(device, parameter.size());
    append_pointers(operands_, operand_pointers_);
  }
}

template <class T>
Pass<T> SingleLayer<T>::pass(bool training) const {
  return Pass<T>{.device = device_,
                 .batch = batch_,
                 .training = training,
                 .seed = 1,
                 .step = 2,
                 .layer = 3,
                 .inputs = input_pointers_,
                 .parameters = parameter_pointers_,
                 .operands = operand_pointers_,
                 .kept = kept.data(),
                 .scratch = scratch.data(),
                 .labels = labels.data()};
}

template <class T>
void SingleLayer<T>::fill_randomly() {
  for (size_t i = 0; i < inputs.size(); ++i) tandem::fill_randomly(inputs[i], i);
  for (size_t i = 0; i < parameters.size(); ++i) tandem::fill_randomly(parameters[i], i);
  if (!is_loss_) tandem::fill_randomly(output_gradient, 1);
  labels.upload(std::vector<int32_t>(labels.size(), 0));
  round_parameters();
}

template <class T>
void SingleLayer<T>::round_parameters() {
  for (size_t i = 0; i < operands_.size(); ++i)
    device_.kernels<T>().narrow(device_.stream(), parameters[i].data(), operands_[i].data(), operands_[i].size());
}

template <class T>
void SingleLayer<T>::forward(bool training) {
  ForwardPass<T> forward{pass(training)};
  forward.output = output.data();
  layer_.forward(forward);
}

template <class T>
void SingleLayer<T>::backward(GradientMode mode) {
  BackwardPass<T> backward{pass(true)};
  backward.output = output.data();
  backward.output_gradient = output_gradient.data();
  backward.input_gradients = input_gradient_pointers_;
  backward.parameter_gradients = parameter_gradient_pointers_;
  backward.gradient_mode = mode;
  backward.loss_scale = 1.0 / batch_;
  layer_.backward(backward);
}

template void fill_randomly(Array<float>&, uint64_t);
template void fill_randomly(Array<bf16>&, uint64_t);
template void fill_randomly(Array<double>&, uint64_t);
template class SingleLayer<float>;
template class SingleLayer<bf16>;
template class SingleLayer<double>;

}  // namespace tandem
