// One layer of a case on its own: for comparing layers with the goldens, with differences and across devices.
#pragma once
#include <limits>
#include <memory>
#include <string>
#include <vector>

#include "engine/core/options.h"
#include "engine/net/net_spec.h"
#include "engine/net/single_layer.h"
#include "tests/goldens/case_table.h"
#include "tests/stored.h"

namespace tandem::test {

// All values pass as double (exact for every type) in the engine's layout. Memory that a pass must write, and memory
// that the layer said backward would not read, holds NaN, so that breaking the layer contract shows in the results.
template <class T>
class LayerRunner {
 public:
  using Values = std::vector<double>;

  LayerRunner(const LayerCase& layer_case, const LayerRegistry<T>& registry, Device& device,
              Placement placement = Placement::separate)
      : placement_(placement), device_(device) {
    const Options options = Options::parse(layer_case.toml, layer_case.name);
    layer_ = registry.at(options.text("type"))(options);
    options.finish();
    output_shape_ = layer_->plan(layer_case.inputs);
    specs_ = layer_->parameters();
    needs_ = layer_->needs();
    memory_ =
        std::make_unique<SingleLayer<T>>(*layer_, typename SingleLayer<T>::Shapes{layer_case.inputs, output_shape_},
                                         layer_case.batch, device, placement);
  }

  const ImageShape& output_shape() const { return output_shape_; }
  const std::vector<ParameterSpec>& parameter_specs() const { return specs_; }
  const BackwardNeeds& needs() const { return needs_; }
  bool is_loss() const { return memory_->is_loss(); }
  size_t output_elements() const {  // of the batch
    return size_t(output_shape_.elements()) * size_t(batch());
  }

  // The output, or a loss layer's losses.
  Values forward(const std::vector<Values>& inputs, const std::vector<Values>& parameters, bool training = true) {
    for (size_t i = 0; i < inputs.size(); ++i) upload(memory_->inputs.at(i), inputs[i]);
    for (size_t i = 0; i < parameters.size(); ++i) upload(memory_->parameters.at(i), parameters[i]);
    memory_->round_parameters();
    if (has_output()) poison(memory_->output);
    memory_->forward(training);
    return is_loss() ? kept(loss().losses(memory_->kept.data(), batch()), size_t(batch())) : values(memory_->output);
  }

  // After forward. A loss layer gets no output gradient but the scale of the mean loss.
  void backward(const Values& output_gradient, GradientMode mode = GradientMode::overwrite) {
    if (placement_ == Placement::separate) {
      if (!needs_.input) poison_all(memory_->inputs);
      if (!needs_.output && has_output()) poison(memory_->output);
      poison_all(memory_->input_gradients);
    }
    if (mode == GradientMode::overwrite) poison_all(memory_->parameter_gradients);
    if (!is_loss()) upload(memory_->output_gradient, output_gradient);
    memory_->backward(mode);
  }

  void set_labels(const std::vector<int32_t>& labels) { memory_->labels.upload(labels); }
  Values input_gradient(size_t i) const { return values(memory_->input_gradients.at(i)); }
  Values parameter_gradient(size_t i) const { return values(memory_->parameter_gradients.at(i)); }

  // Of a loss layer, after forward.
  Values probabilities() const {
    return kept(loss().probabilities(memory_->kept.data(), batch()), memory_->inputs.at(0).size());
  }
  Values ranks() const { return kept(loss().ranks(memory_->kept.data(), batch()), size_t(batch())); }
  long hits(int k) const {  // labels among the k likeliest classes
    const Values all = ranks();
    return std::count_if(all.begin(), all.end(), [k](double rank) { return rank < k; });
  }

 private:
  int batch() const { return memory_->batch(); }
  bool has_output() const { return placement_ == Placement::separate && !is_loss(); }  // memory of its own
  const LossLayer<T>& loss() const { return dynamic_cast<const LossLayer<T>&>(*layer_); }

  template <class U>
  static void upload(Array<U>& array, const Values& from) {
    if (from.size() != array.size())
      throw Error("layer on trial", "has " + std::to_string(array.size()) + " elements where the case gives " +
                                        std::to_string(from.size()));
    array.upload(all_to<U>(from));
  }
  template <class U>
  static Values values(const Array<U>& array) {
    return values_of(array.download());
  }
  // What a loss layer keeps.
  template <class U>
  Values kept(const U* from, size_t count) const {
    std::vector<U> host(count);
    device_.download(host.data(), from, host.size() * sizeof(U));
    return Values(host.begin(), host.end());
  }
  template <class U>
  static void poison(Array<U>& array) {
    array.upload(std::vector<U>(array.size(), to<U>(std::numeric_limits<double>::quiet_NaN())));
  }
  template <class U>
  static void poison_all(std::vector<Array<U>>& arrays) {
    for (Array<U>& array : arrays) poison(array);
  }

  Placement placement_;
  Device& device_;
  std::unique_ptr<Layer<T>> layer_;
  ImageShape output_shape_;
  std::vector<ParameterSpec> specs_;
  BackwardNeeds needs_;
  std::unique_ptr<SingleLayer<T>> memory_;
};

}  // namespace tandem::test
