// A layer of the tests: dropout by stored masks, the goldens' own. Keys: layer (the golden layer whose mask it is), p
// (the probability of dropping), rule.
#pragma once
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "engine/net/net_spec.h"
#include "tests/stored.h"

namespace tandem::test {

using Masks = std::map<int, std::vector<double>>;  // by golden layer: 1 is kept; [batch][features]

template <class T>
class DropoutMaskLayer final : public Layer<T> {
 public:
  DropoutMaskLayer(const Options& options, const Masks& masks)
      : where_(options.where()),
        mask_(masks.at(int(options.integer("layer")))),
        scale_(options.text("rule") == "paper" ? 1 : 1 / (1 - options.real("p"))) {
    options.real("p");  // the paper's rule does not use it in training
  }

  ImageShape plan(std::span<const ImageShape> inputs) override { return only_input(inputs, where_); }
  BackwardNeeds needs() const override { return {}; }
  void forward(const ForwardPass<T>& pass) override { apply(pass, pass.inputs[0], pass.output); }
  void backward(const BackwardPass<T>& pass) override {
    if (pass.input_gradients[0] != nullptr) apply(pass, pass.output_gradient, pass.input_gradients[0]);
  }

 private:
  // By way of the host, since the mask is there and no kernel multiplies by one.
  void apply(const Pass<T>& pass, const T* in, T* out) const {
    std::vector<T> values(mask_.size());
    pass.device.download(values.data(), in, values.size() * sizeof(T));
    for (size_t i = 0; i < values.size(); ++i) values[i] = to<T>(value_of(values[i]) * mask_[i] * scale_);
    pass.device.upload(out, values.data(), values.size() * sizeof(T));
  }

  std::string where_;
  std::vector<double> mask_;
  double scale_;
};

// The engine's layers, and dropout-mask.
template <class T>
LayerRegistry<T> with_dropout_mask(LayerRegistry<T> registry, const Masks& masks) {
  registry["dropout-mask"] = [masks](const Options& options) {
    return std::make_unique<DropoutMaskLayer<T>>(options, masks);
  };
  return registry;
}

}  // namespace tandem::test
