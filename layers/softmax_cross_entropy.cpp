// softmax-cross-entropy: the loss -log softmax(x)[label] of each image; no keys. Kept memory, for backward and for the
// error counts: probabilities T[batch][classes], then on the next 64 bytes ranks int32[batch].
#include "layers/batch.h"
#include "layers/layers.h"

namespace tandem {
namespace {

template <class T>
class SoftmaxCrossEntropyLayer final : public LossLayer<T> {
 public:
  explicit SoftmaxCrossEntropyLayer(const Options& options) : where_(options.where()) {}

  ImageShape plan(std::span<const ImageShape> inputs) override {
    const ImageShape& input = only_input(inputs, where_);
    if (input.height != 1 || input.width != 1)
      throw UsageError(where_, "takes one value a class (1x1xclasses), but its input is " + input.text(),
                       "put a fully-connected or global-average-pool layer before it");
    classes_ = input.channels;
    return {1, 1, 1};
  }

  BackwardNeeds needs() const override {
    return {.kept_bytes_per_image = padded_bytes(classes_ * sizeof(T)) + padded_bytes(sizeof(int32_t))};
  }

  void forward(const ForwardPass<T>& pass) override {
    pass.kernels().softmax_cross_entropy_forward(
        pass.stream(), pass.inputs[0], pass.labels, pass.output, reinterpret_cast<T*>(pass.kept),
        reinterpret_cast<int32_t*>(pass.kept + ranks_offset(pass.batch)), pass.batch, classes_);
  }

  void backward(const BackwardPass<T>& pass) override {
    if (T* const dx = pass.input_gradients[0])
      pass.kernels().softmax_cross_entropy_backward(pass.stream(), probabilities(pass.kept, pass.batch), pass.labels,
                                                    dx, pass.batch, classes_, pass.loss_scale);
  }

  const T* probabilities(const std::byte* kept, int) const override { return reinterpret_cast<const T*>(kept); }

  const int32_t* ranks(const std::byte* kept, int batch) const override {
    return reinterpret_cast<const int32_t*>(kept + ranks_offset(batch));
  }

 private:
  size_t ranks_offset(int batch) const { return padded_bytes(size_t(batch) * classes_ * sizeof(T)); }

  std::string where_;
  int classes_ = 0;
};

}  // namespace

template <class T>
std::unique_ptr<Layer<T>> make_softmax_cross_entropy(const Options& options) {
  return std::make_unique<SoftmaxCrossEntropyLayer<T>>(options);
}

template std::unique_ptr<Layer<float>> make_softmax_cross_entropy(const Options&);
template std::unique_ptr<Layer<double>> make_softmax_cross_entropy(const Options&);

}  // namespace tandem
