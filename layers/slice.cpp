// slice: channels [begin, end) of the input. Keys: begin, end.
#include "layers/layers.h"

namespace tandem {
namespace {

template <class T>
class SliceLayer final : public Layer<T> {
 public:
  explicit SliceLayer(const Options& options)
      : where_(options.where()), begin_(options.integer("begin")), end_(options.integer("end")) {}

  ImageShape plan(std::span<const ImageShape> inputs) override {
    input_ = only_input(inputs, where_);
    if (begin_ < 0 || begin_ >= end_ || end_ > input_.channels)
      throw UsageError(where_,
                       "cannot take channels " + std::to_string(begin_) + " to " + std::to_string(end_) +
                           " of an input with " + std::to_string(input_.channels),
                       "0 <= begin < end <= " + std::to_string(input_.channels) + " is possible");
    return {input_.height, input_.width, count()};
  }

  BackwardNeeds needs() const override { return {}; }

  void forward(const ForwardPass<T>& pass) override {
    pass.kernels().copy_channels(pass.stream(), pass.inputs[0], input_.channels, int(begin_), pass.output, count(), 0,
                                 count(), rows(pass));
  }

  void backward(const BackwardPass<T>& pass) override {
    T* const dx = pass.input_gradients[0];
    if (!dx) return;
    pass.kernels().fill(pass.stream(), dx, size_t(rows(pass)) * input_.channels, 0);
    pass.kernels().copy_channels(pass.stream(), pass.output_gradient, count(), 0, dx, input_.channels, int(begin_),
                                 count(), rows(pass));
  }

 private:
  int count() const { return int(end_ - begin_); }
  long rows(const Pass<T>& pass) const { return long(pass.batch) * input_.height * input_.width; }

  std::string where_;
  long begin_, end_;
  ImageShape input_;
};

}  // namespace

template <class T>
std::unique_ptr<Layer<T>> make_slice(const Options& options) {
  return std::make_unique<SliceLayer<T>>(options);
}

TANDEM_INSTANTIATE_LAYER(make_slice)

}  // namespace tandem
