// convolution. Keys: outputs, kernel, stride = 1, pad = 0, groups = 1, bias = true, init, rate_multiplier,
// decay_multiplier, algorithm = "columns", "direct" or "implicit": how it is computed, in the order of the ladder that
// docs/convolution.md climbs. All compute the same, but for the rounding of sums.
#include <algorithm>
#include <limits>

#include "layers/batch.h"
#include "layers/convolution_passes.h"
#include "layers/layers.h"
#include "layers/learned.h"
#include "layers/window.h"

namespace tandem {
namespace {

enum class Algorithm { columns, direct, implicit };

Algorithm parse_algorithm(const Options& options) {
  const std::string name = options.text("algorithm", "columns");
  if (name == "columns") return Algorithm::columns;
  if (name == "direct") return Algorithm::direct;
  if (name == "implicit") return Algorithm::implicit;
  throw UsageError(options.where("algorithm"), "should be 'columns', 'direct' or 'implicit', found '" + name + "'");
}

template <class T>
class ConvolutionLayer final : public Layer<T> {
 public:
  explicit ConvolutionLayer(const Options& options)
      : where_(options.where()),
        outputs_(options.count("outputs")),
        groups_(options.count("groups", 1)),
        has_bias_(options.boolean("bias", true)),
        algorithm_(parse_algorithm(options)),
        window_(parse_window(options)),
        learned_(parse_learned(options)) {}

  ImageShape plan(std::span<const ImageShape> inputs) override {
    const ImageShape& input = only_input(inputs, where_);
    if (input.channels % groups_ != 0 || outputs_ % groups_ != 0)
      throw UsageError(where_, std::to_string(input.channels) + " input channels and " + std::to_string(outputs_) +
                                   " outputs cannot both be divided into " + std::to_string(groups_) + " groups");
    const ImageShape output = windows_over(input, window_, outputs_, where_);
    const int kernel = window_.kernel, channels = input.channels / groups_;
    if (double(kernel) * kernel * channels * outputs_ > std::numeric_limits<int>::max())
      throw UsageError(where_, "would have over 2^31 weights", "use a smaller kernel, or fewer outputs");
    shape_ = {.batch = 0,
              .height = input.height,
              .width = input.width,
              .channels = input.channels,
              .out_channels = outputs_,
              .kernel = kernel,
              .stride = window_.stride,
              .groups = groups_,
              .pad = window_.pad,
              .out_height = output.height,
              .out_width = output.width};
    learned_.weights.shape = {outputs_, kernel, kernel, channels};
    learned_.biases.shape = {outputs_};
    learned_.set_fans(shape_.taps(), long(kernel) * kernel * shape_.group_outputs());
    return output;
  }

  std::vector<ParameterSpec> parameters() const override { return learned_.specs(has_bias_); }
  BackwardNeeds needs() const override { return {.input = true}; }
  ScratchUse scratch(const Device& device, const PassKind& kind) const override {
    const Convolution shape = with_batch(shape_, kind.batch);
    ScratchUse use;
    if (algorithm_ == Algorithm::columns) use = convolution_scratch<T>(device, shape, kind);
    if (algorithm_ == Algorithm::implicit && kind.backward)
      use.bytes = implicit_parts(shape) * size_t(shape.out_channels) * shape.taps() * sizeof(Compute<T>);
    if (kind.backward && has_bias_)
      use.bytes = std::max(use.bytes, size_t(kColumnSumParts) * shape.out_channels * sizeof(Compute<T>));
    return use;
  }
  long multiply_adds() const override {
    return long(shape_.out_height) * shape_.out_width * shape_.out_channels * shape_.taps();
  }

  void forward(const ForwardPass<T>& pass) override {
    const Convolution shape = with_batch(shape_, pass.batch);
    const T *const x = pass.inputs[0], *const w = pass.operands[0];
    const Compute<T>* const bias = has_bias_ ? pass.parameters[1] : nullptr;
    switch (algorithm_) {
      case Algorithm::columns:
        return convolve(pass.device, shape, x, w, bias, pass.output, reinterpret_cast<T*>(pass.scratch));
      case Algorithm::direct:
        return pass.kernels().direct_forward(pass.stream(), x, w, bias, pass.output, shape);
      case Algorithm::implicit:
        return pass.kernels().implicit_forward(pass.stream(), x, w, bias, pass.output, shape);
    }
  }

  void backward(const BackwardPass<T>& pass) override {
    const Convolution shape = with_batch(shape_, pass.batch);
    weight_gradient(pass, shape);
    if (has_bias_)
      pass.kernels().column_sum(pass.stream(), pass.output_gradient, partial_sums(pass), pass.parameter_gradients[1],
                                shape.rows(), shape.out_channels, pass.accumulate());
    if (T* const dx = pass.input_gradients[0]) data_gradient(pass, shape, dx);
  }

 private:
  // Of the weight gradient first, then of the bias gradient.
  static Compute<T>* partial_sums(const BackwardPass<T>& pass) { return reinterpret_cast<Compute<T>*>(pass.scratch); }

  void weight_gradient(const BackwardPass<T>& pass, const Convolution& shape) {
    const T *const x = pass.inputs[0], *const dy = pass.output_gradient;
    Compute<T>* const dw = pass.parameter_gradients[0];
    switch (algorithm_) {
      case Algorithm::columns:
        return convolution_weight_gradient(pass.device, shape, x, dy, dw, pass.accumulate(), partial_sums(pass));
      case Algorithm::direct:
        return pass.kernels().direct_backward_weights(pass.stream(), x, dy, dw, shape, pass.accumulate());
      case Algorithm::implicit:
        return pass.kernels().implicit_backward_weights(pass.stream(), x, dy, partial_sums(pass), dw, shape,
                                                        pass.accumulate());
    }
  }

  void data_gradient(const BackwardPass<T>& pass, const Convolution& shape, T* dx) {
    const T *const dy = pass.output_gradient, *const w = pass.operands[0];
    switch (algorithm_) {
      case Algorithm::columns:
        return convolution_data_gradient(pass.device, shape, dy, w, dx);
      case Algorithm::direct:
        return pass.kernels().direct_backward_data(pass.stream(), dy, w, dx, shape);
      case Algorithm::implicit:
        return pass.kernels().implicit_backward_data(pass.stream(), dy, w, dx, shape);
    }
  }

  std::string where_;
  int outputs_, groups_;
  bool has_bias_;
  Algorithm algorithm_;
  Window window_;
  Learned learned_;
  Convolution shape_;
};

}  // namespace

template <class T>
std::unique_ptr<Layer<T>> make_convolution(const Options& options) {
  return std::make_unique<ConvolutionLayer<T>>(options);
}

TANDEM_INSTANTIATE_LAYER(make_convolution)

}  // namespace tandem
