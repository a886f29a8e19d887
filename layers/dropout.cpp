// dropout: sets each value to 0 with probability 1 - keep (paper, section 4.2). Keys: keep, rule = "paper" (the kept
// values stay as they are, evaluation multiplies all by keep) or "inverted" (kept values are divided by keep,
// evaluation copies). No mask is stored: backward draws the same one again from the pass's seed, step and layer.
#include "layers/layers.h"

namespace tandem {
namespace {

template <class T>
class DropoutLayer final : public Layer<T> {
 public:
  explicit DropoutLayer(const Options& options) : where_(options.where()), keep_(options.real("keep")) {
    const std::string rule = options.text("rule");
    if (rule != "paper" && rule != "inverted")
      throw UsageError(options.where("rule"), "should be 'paper' or 'inverted', found '" + rule + "'");
    if (keep_ <= 0 || keep_ > 1)
      throw UsageError(options.where("keep"), "is the part that is kept: more than 0 and at most 1");
    training_scale_ = rule == "paper" ? 1 : 1 / keep_;
    evaluation_scale_ = rule == "paper" ? keep_ : 1;
  }

  ImageShape plan(std::span<const ImageShape> inputs) override { return shape_ = only_input(inputs, where_); }

  BackwardNeeds needs() const override { return {.in_place = true}; }

  void forward(const ForwardPass<T>& pass) override { apply(pass, pass.inputs[0], pass.output); }

  // The layer is linear, with a diagonal matrix: a gradient goes back as a value goes forward.
  void backward(const BackwardPass<T>& pass) override {
    if (T* const dx = pass.input_gradients[0]) apply(pass, pass.output_gradient, dx);
  }

 private:
  void apply(const Pass<T>& pass, const T* in, T* out) const {
    const size_t elements = size_t(pass.batch) * shape_.elements();
    if (pass.training) {
      const DropoutMask mask{.keep = keep_, .seed = pass.seed, .step = pass.step, .layer = pass.layer};
      pass.kernels().dropout(pass.stream(), in, out, elements, training_scale_, mask);
    } else if (in != out || evaluation_scale_ != 1) {
      pass.kernels().scale(pass.stream(), in, out, elements, evaluation_scale_);
    }
  }

  std::string where_;
  double keep_;
  double training_scale_ = 1, evaluation_scale_ = 1;
  ImageShape shape_;
};

}  // namespace

template <class T>
std::unique_ptr<Layer<T>> make_dropout(const Options& options) {
  return std::make_unique<DropoutLayer<T>>(options);
}

TANDEM_INSTANTIATE_LAYER(make_dropout)

}  // namespace tandem
