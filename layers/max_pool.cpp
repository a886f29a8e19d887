// max-pool. Keys: kernel, stride, pad = 0, rounding = "floor" or "ceil". Kept for backward: a byte an output, the place
// of the maximum in its window, so that backward reads neither input nor output.
#include "layers/batch.h"
#include "layers/layers.h"
#include "layers/window.h"

namespace tandem {
namespace {

constexpr int kLargestKernel = 16;  // 16 * 16 places fit a byte

template <class T>
class MaxPoolLayer final : public Layer<T> {
 public:
  explicit MaxPoolLayer(const Options& options) : where_(options.where()), window_(parse_pool_window(options)) {
    if (window_.kernel > kLargestKernel)
      throw UsageError(options.where("kernel"), "should be at most " + std::to_string(kLargestKernel) + ", found " +
                                                    std::to_string(window_.kernel));
  }

  ImageShape plan(std::span<const ImageShape> inputs) override {
    const ImageShape& input = only_input(inputs, where_);
    output_ = windows_over(input, window_, input.channels, where_);
    pool_ = pool_shape(input, window_, output_);
    return output_;
  }

  BackwardNeeds needs() const override { return {.kept_bytes_per_image = padded_bytes(output_.elements())}; }

  void forward(const ForwardPass<T>& pass) override {
    pass.kernels().max_pool_forward(pass.stream(), pass.inputs[0], pass.output, reinterpret_cast<uint8_t*>(pass.kept),
                                    with_batch(pool_, pass.batch));
  }

  void backward(const BackwardPass<T>& pass) override {
    if (T* const dx = pass.input_gradients[0])
      pass.kernels().max_pool_backward(pass.stream(), pass.output_gradient, reinterpret_cast<const uint8_t*>(pass.kept),
                                       dx, with_batch(pool_, pass.batch));
  }

 private:
  std::string where_;
  Window window_;
  ImageShape output_;
  Pool pool_;
};

}  // namespace

template <class T>
std::unique_ptr<Layer<T>> make_max_pool(const Options& options) {
  return std::make_unique<MaxPoolLayer<T>>(options);
}

TANDEM_INSTANTIATE_LAYER(make_max_pool)

}  // namespace tandem
