// One layer on its own, with memory around it: for comparing layers with the goldens, with differences and across
// devices.
#pragma once
#include <algorithm>
#include <cmath>
#include <limits>
#include <memory>
#include <string>
#include <vector>

#include "engine/core/options.h"
#include "engine/net/net_spec.h"
#include "tests/goldens/case_table.h"

namespace tandem::test {

// Whether the output lies in the input's memory, as a Net may do for layers that allow it.
enum class Placement { separate, in_place };

// All values pass as double (exact for every type) in the engine's layout. Memory that a pass must write, and memory
// that the layer said backward would not read, holds NaN, so that breaking the layer contract shows in the results.
template <class T>
class LayerRunner {
 public:
  using Values = std::vector<double>;

  LayerRunner(const LayerCase& layer_case, const LayerRegistry<T>& registry, Device& device,
              Placement placement = Placement::separate)
      : batch_(layer_case.batch), placement_(placement), device_(device) {
    const Options options = Options::parse(layer_case.toml, layer_case.name);
    layer_ = registry.at(options.text("type"))(options);
    options.finish();
    output_shape_ = layer_->plan(layer_case.inputs);
    specs_ = layer_->parameters();
    needs_ = layer_->needs();
    is_loss_ = dynamic_cast<const LossLayer<T>*>(layer_.get()) != nullptr;
    for (const ImageShape& shape : layer_case.inputs) {
      inputs_.emplace_back(device, elements(shape));
      input_gradients_.emplace_back(device, elements(shape));
    }
    for (const ParameterSpec& spec : specs_) {
      parameters_.emplace_back(device, size_t(spec.elements()));
      parameter_gradients_.emplace_back(device, size_t(spec.elements()));
    }
    const bool in_place = placement == Placement::in_place;
    output_ = in_place ? inputs_.at(0) : Array<T>(device, elements(output_shape_));
    output_gradient_ = in_place ? input_gradients_.at(0) : Array<T>(device, elements(output_shape_));
    kept_ = Array<std::byte>(device, needs_.kept_bytes_per_image * size_t(batch_) + 1);
    labels_ = Array<int32_t>(device, size_t(batch_));
  }

  const ImageShape& output_shape() const { return output_shape_; }
  const std::vector<ParameterSpec>& parameter_specs() const { return specs_; }
  const BackwardNeeds& needs() const { return needs_; }
  bool is_loss() const { return is_loss_; }
  size_t output_elements() const { return output_.size(); }

  Values forward(const std::vector<Values>& inputs, const std::vector<Values>& parameters, bool training = true) {
    for (size_t i = 0; i < inputs_.size(); ++i) upload(inputs_[i], inputs.at(i));
    for (size_t i = 0; i < parameters_.size(); ++i) upload(parameters_[i], parameters.at(i));
    if (placement_ == Placement::separate) poison(output_);
    ForwardPass<T> pass{this->pass(training), output_.data()};
    layer_->forward(pass);
    return values(output_);
  }

  // After forward. A loss layer gets no output gradient but the scale of the mean loss.
  void backward(const Values& output_gradient, GradientMode mode = GradientMode::overwrite) {
    if (placement_ == Placement::separate) {
      if (!needs_.input) poison_all(inputs_);
      if (!needs_.output) poison(output_);
      poison_all(input_gradients_);
    }
    if (mode == GradientMode::overwrite) poison_all(parameter_gradients_);
    if (!is_loss_) upload(output_gradient_, output_gradient);
    const auto input_gradients = pointers(input_gradients_), parameter_gradients = pointers(parameter_gradients_);
    BackwardPass<T> pass{this->pass(true)};
    pass.output = output_.data();
    pass.output_gradient = is_loss_ ? nullptr : output_gradient_.data();
    pass.input_gradients = input_gradients;
    pass.parameter_gradients = parameter_gradients;
    pass.gradient_mode = mode;
    pass.loss_scale = 1.0 / batch_;
    layer_->backward(pass);
  }

  void set_labels(const std::vector<int32_t>& labels) { labels_.upload(labels); }
  Values input_gradient(size_t i) const { return values(input_gradients_.at(i)); }
  Values parameter_gradient(size_t i) const { return values(parameter_gradients_.at(i)); }

  // Of a loss layer, after forward.
  Values probabilities() const {
    std::vector<T> host(inputs_.at(0).size());
    device_.download(host.data(), loss().probabilities(kept_.data(), batch_), host.size() * sizeof(T));
    return Values(host.begin(), host.end());
  }
  Values ranks() const {
    std::vector<int32_t> host(batch_);
    device_.download(host.data(), loss().ranks(kept_.data(), batch_), host.size() * sizeof(int32_t));
    return Values(host.begin(), host.end());
  }
  long hits(int k) const {  // labels among the k likeliest classes
    return device_.template kernels<T>().count_below(device_.stream(), loss().ranks(kept_.data(), batch_),
                                                     size_t(batch_), k);
  }

 private:
  size_t elements(const ImageShape& shape) const { return size_t(batch_) * size_t(shape.elements()); }
  const LossLayer<T>& loss() const { return dynamic_cast<const LossLayer<T>&>(*layer_); }

  // Rebuilt for each pass: its spans point into members.
  Pass<T> pass(bool training) {
    const auto inputs = pointers(inputs_), parameters = pointers(parameters_);
    input_pointers_.assign(inputs.begin(), inputs.end());
    parameter_pointers_.assign(parameters.begin(), parameters.end());
    return Pass<T>{.device = device_,
                   .batch = batch_,
                   .training = training,
                   .seed = 1,
                   .step = 2,
                   .layer = 3,
                   .inputs = input_pointers_,
                   .parameters = parameter_pointers_,
                   .kept = kept_.data(),
                   .labels = labels_.data()};
  }

  static std::vector<T*> pointers(const std::vector<Array<T>>& arrays) {
    std::vector<T*> result;
    for (const Array<T>& array : arrays) result.push_back(array.data());
    return result;
  }
  static void upload(Array<T>& to, const Values& from) {
    if (from.size() != to.size())
      throw Error("layer on trial",
                  "has " + std::to_string(to.size()) + " elements where the case gives " + std::to_string(from.size()));
    to.upload(std::vector<T>(from.begin(), from.end()));
  }
  static Values values(const Array<T>& array) {
    const std::vector<T> host = array.download();
    return Values(host.begin(), host.end());
  }
  static void poison(Array<T>& array) {
    array.upload(std::vector<T>(array.size(), std::numeric_limits<T>::quiet_NaN()));
  }
  static void poison_all(std::vector<Array<T>>& arrays) { std::for_each(arrays.begin(), arrays.end(), poison); }

  int batch_;
  Placement placement_;
  Device& device_;
  std::unique_ptr<Layer<T>> layer_;
  ImageShape output_shape_;
  std::vector<ParameterSpec> specs_;
  BackwardNeeds needs_;
  bool is_loss_ = false;
  std::vector<Array<T>> inputs_, input_gradients_, parameters_, parameter_gradients_;
  std::vector<const T*> input_pointers_, parameter_pointers_;
  Array<T> output_, output_gradient_;
  Array<std::byte> kept_;
  Array<int32_t> labels_;
};

}  // namespace tandem::test
