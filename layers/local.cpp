// local: a convolution whose filters and biases are not shared between positions. Keys: outputs, kernel, stride = 1,
// pad = 0, init, rate_multiplier, decay_multiplier.
#include <limits>

#include "layers/batch.h"
#include "layers/layers.h"
#include "layers/learned.h"
#include "layers/window.h"

namespace tandem {
namespace {

template <class T>
class LocalLayer final : public Layer<T> {
 public:
  explicit LocalLayer(const Options& options)
      : where_(options.where()),
        outputs_(options.count("outputs")),
        window_(parse_window(options)),
        learned_(parse_learned(options)) {}

  ImageShape plan(std::span<const ImageShape> inputs) override {
    const ImageShape& input = only_input(inputs, where_);
    const ImageShape output = windows_over(input, window_, outputs_, where_);
    if (double(output.elements()) * window_.kernel * window_.kernel * input.channels > std::numeric_limits<int>::max())
      throw UsageError(where_, "would have over 2^31 weights", "use a convolution, or fewer outputs");
    local_ = {.batch = 0,
              .height = input.height,
              .width = input.width,
              .channels = input.channels,
              .out_channels = outputs_,
              .kernel = window_.kernel,
              .stride = window_.stride,
              .pad = window_.pad,
              .out_height = output.height,
              .out_width = output.width};
    const long taps = long(window_.kernel) * window_.kernel;
    learned_.weights.shape = {output.height, output.width, outputs_, window_.kernel, window_.kernel, input.channels};
    learned_.biases.shape = {output.height, output.width, outputs_};
    learned_.set_fans(taps * input.channels, taps * outputs_);
    return output;
  }

  std::vector<ParameterSpec> parameters() const override { return learned_.specs(true); }
  BackwardNeeds needs() const override { return {.input = true}; }
  long multiply_adds() const override { return learned_.weights.elements(); }

  void forward(const ForwardPass<T>& pass) override {
    pass.kernels().local_forward(pass.stream(), pass.inputs[0], pass.operands[0], pass.parameters[1], pass.output,
                                 with_batch(local_, pass.batch));
  }

  void backward(const BackwardPass<T>& pass) override {
    const Local local = with_batch(local_, pass.batch);
    pass.kernels().local_backward_weights(pass.stream(), pass.inputs[0], pass.output_gradient,
                                          pass.parameter_gradients[0], pass.parameter_gradients[1], local,
                                          pass.accumulate());
    if (T* const dx = pass.input_gradients[0])
      pass.kernels().local_backward_data(pass.stream(), pass.output_gradient, pass.operands[0], dx, local);
  }

 private:
  std::string where_;
  int outputs_;
  Window window_;
  Learned learned_;
  Local local_;
};

}  // namespace

template <class T>
std::unique_ptr<Layer<T>> make_local(const Options& options) {
  return std::make_unique<LocalLayer<T>>(options);
}

TANDEM_INSTANTIATE_LAYER(make_local)

}  // namespace tandem
