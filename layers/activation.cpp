// relu, sigmoid and tanh: elementwise, no keys. Backward reads the output alone, so all may run in place.
#include "layers/layers.h"

namespace tandem {
namespace {

template <class T>
struct Activation {
  void (*Table<T>::*forward)(Stream, const T* x, T* y, size_t n);
  void (*Table<T>::*backward)(Stream, const T* y, const T* dy, T* dx, size_t n);
};

template <class T>
class ActivationLayer final : public Layer<T> {
 public:
  ActivationLayer(const Options& options, const Activation<T>& activation)
      : where_(options.where()), activation_(activation) {}

  ImageShape plan(std::span<const ImageShape> inputs) override { return shape_ = only_input(inputs, where_); }

  BackwardNeeds needs() const override { return {.output = true, .in_place = true}; }

  void forward(const ForwardPass<T>& pass) override {
    (pass.kernels().*activation_.forward)(pass.stream(), pass.inputs[0], pass.output, elements(pass));
  }

  void backward(const BackwardPass<T>& pass) override {
    if (T* const dx = pass.input_gradients[0])
      (pass.kernels().*activation_.backward)(pass.stream(), pass.output, pass.output_gradient, dx, elements(pass));
  }

 private:
  size_t elements(const Pass<T>& pass) const { return size_t(pass.batch) * shape_.elements(); }

  std::string where_;
  Activation<T> activation_;
  ImageShape shape_;
};

}  // namespace

template <class T>
std::unique_ptr<Layer<T>> make_relu(const Options& options) {
  return std::make_unique<ActivationLayer<T>>(options,
                                              Activation<T>{&Table<T>::relu_forward, &Table<T>::relu_backward});
}
template <class T>
std::unique_ptr<Layer<T>> make_sigmoid(const Options& options) {
  return std::make_unique<ActivationLayer<T>>(options,
                                              Activation<T>{&Table<T>::sigmoid_forward, &Table<T>::sigmoid_backward});
}
template <class T>
std::unique_ptr<Layer<T>> make_tanh(const Options& options) {
  return std::make_unique<ActivationLayer<T>>(options,
                                              Activation<T>{&Table<T>::tanh_forward, &Table<T>::tanh_backward});
}

TANDEM_INSTANTIATE_LAYER(make_relu)
TANDEM_INSTANTIATE_LAYER(make_sigmoid)
TANDEM_INSTANTIATE_LAYER(make_tanh)

}  // namespace tandem
