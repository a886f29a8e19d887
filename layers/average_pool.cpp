// average-pool: the mean of each window. Keys: kernel, stride, pad = 0, rounding = "floor" or "ceil", count_padding =
// false (divide by the real pixels in the window; true: by all of them). global-average-pool: the mean of each channel;
// no keys. It is the average pool whose one window is the whole image.
#include "layers/batch.h"
#include "layers/layers.h"
#include "layers/window.h"

namespace tandem {
namespace {

template <class T>
class AveragePool : public Layer<T> {
 public:
  BackwardNeeds needs() const override { return {}; }

  void forward(const ForwardPass<T>& pass) override {
    pass.kernels().average_pool_forward(pass.stream(), pass.inputs[0], pass.output, with_batch(pool_, pass.batch));
  }

  void backward(const BackwardPass<T>& pass) override {
    if (T* const dx = pass.input_gradients[0])
      pass.kernels().average_pool_backward(pass.stream(), pass.output_gradient, dx, with_batch(pool_, pass.batch));
  }

 protected:
  Pool pool_;  // filled by plan; the batch is each pass's own
};

template <class T>
class AveragePoolLayer final : public AveragePool<T> {
 public:
  explicit AveragePoolLayer(const Options& options)
      : where_(options.where()),
        window_(parse_pool_window(options)),
        count_padding_(options.boolean("count_padding", false)) {}

  ImageShape plan(std::span<const ImageShape> inputs) override {
    const ImageShape& input = only_input(inputs, where_);
    const ImageShape output = windows_over(input, window_, input.channels, where_);
    this->pool_ = pool_shape(input, window_, output);
    this->pool_.count_padding = count_padding_;
    return output;
  }

 private:
  std::string where_;
  Window window_;
  bool count_padding_;
};

template <class T>
class GlobalAveragePoolLayer final : public AveragePool<T> {
 public:
  explicit GlobalAveragePoolLayer(const Options& options) : where_(options.where()) {}

  ImageShape plan(std::span<const ImageShape> inputs) override {
    const ImageShape& input = only_input(inputs, where_);
    const ImageShape output{1, 1, input.channels};
    this->pool_ = pool_shape(input, Window{}, output);
    this->pool_.kernel_height = input.height;
    this->pool_.kernel_width = input.width;
    return output;
  }

 private:
  std::string where_;
};

}  // namespace

template <class T>
std::unique_ptr<Layer<T>> make_average_pool(const Options& options) {
  return std::make_unique<AveragePoolLayer<T>>(options);
}
template <class T>
std::unique_ptr<Layer<T>> make_global_average_pool(const Options& options) {
  return std::make_unique<GlobalAveragePoolLayer<T>>(options);
}

TANDEM_INSTANTIATE_LAYER(make_average_pool)
TANDEM_INSTANTIATE_LAYER(make_global_average_pool)

}  // namespace tandem
