// concat: puts the channels of two or more inputs of equal height and width behind each other. No keys.
#include "layers/layers.h"

namespace tandem {
namespace {

template <class T>
class ConcatLayer final : public Layer<T> {
 public:
  explicit ConcatLayer(const Options& options) : where_(options.where()) {}

  ImageShape plan(std::span<const ImageShape> inputs) override {
    if (inputs.size() < 2)
      throw UsageError(where_, "joins two or more inputs, but the net file gives it " + std::to_string(inputs.size()));
    output_ = {inputs[0].height, inputs[0].width, 0};
    channels_.clear();
    for (const ImageShape& input : inputs) {
      if (input.height != output_.height || input.width != output_.width)
        throw UsageError(
            where_, "joins inputs of equal height and width, but got " + inputs[0].text() + " and " + input.text());
      channels_.push_back(input.channels);
      output_.channels += input.channels;
    }
    return output_;
  }

  BackwardNeeds needs() const override { return {}; }

  void forward(const ForwardPass<T>& pass) override {
    int begin = 0;
    for (size_t i = 0; i < channels_.size(); begin += channels_[i++])
      pass.kernels().copy_channels(pass.stream(), pass.inputs[i], channels_[i], 0, pass.output, output_.channels, begin,
                                   channels_[i], rows(pass));
  }

  void backward(const BackwardPass<T>& pass) override {
    int begin = 0;
    for (size_t i = 0; i < channels_.size(); begin += channels_[i++])
      if (T* const dx = pass.input_gradients[i])
        pass.kernels().copy_channels(pass.stream(), pass.output_gradient, output_.channels, begin, dx, channels_[i], 0,
                                     channels_[i], rows(pass));
  }

 private:
  long rows(const Pass<T>& pass) const { return long(pass.batch) * output_.height * output_.width; }

  std::string where_;
  std::vector<int> channels_;
  ImageShape output_;
};

}  // namespace

template <class T>
std::unique_ptr<Layer<T>> make_concat(const Options& options) {
  return std::make_unique<ConcatLayer<T>>(options);
}

TANDEM_INSTANTIATE_LAYER(make_concat)

}  // namespace tandem
