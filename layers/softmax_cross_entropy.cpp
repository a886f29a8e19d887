// softmax-cross-entropy: the loss -log softmax(x)[label] of each image; no keys. Kept memory, for backward and for the
// error counts: probabilities [batch][classes], then on the next 64 bytes losses [batch], and on the next ranks
// [batch].
#include "layers/batch.h"
#include "layers/layers.h"

namespace tandem {
namespace {

template <class T>
class SoftmaxCrossEntropyLayer final : public LossLayer<T> {
  using A = Compute<T>;

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
    return {.kept_bytes_per_image =
                padded_bytes(classes_ * sizeof(A)) + padded_bytes(sizeof(A)) + padded_bytes(sizeof(int32_t))};
  }

  void forward(const ForwardPass<T>& pass) override {
    pass.kernels().softmax_cross_entropy_forward(
        pass.stream(), pass.inputs[0], pass.labels, reinterpret_cast<A*>(pass.kept + losses_offset(pass.batch)),
        reinterpret_cast<A*>(pass.kept), reinterpret_cast<int32_t*>(pass.kept + ranks_offset(pass.batch)), pass.batch,
        classes_);
  }

  void backward(const BackwardPass<T>& pass) override {
    if (T* const dx = pass.input_gradients[0])
      pass.kernels().softmax_cross_entropy_backward(pass.stream(), probabilities(pass.kept, pass.batch), pass.labels,
                                                    dx, pass.batch, classes_, pass.loss_scale);
  }

  const A* probabilities(const std::byte* kept, int) const override { return reinterpret_cast<const A*>(kept); }

  const A* losses(const std::byte* kept, int batch) const override {
    return reinterpret_cast<const A*>(kept + losses_offset(batch));
  }

  const int32_t* ranks(const std::byte* kept, int batch) const override {
    return reinterpret_cast<const int32_t*>(kept + ranks_offset(batch));
  }

 private:
  size_t losses_offset(int batch) const { return padded_bytes(size_t(batch) * classes_ * sizeof(A)); }
  size_t ranks_offset(int batch) const { return losses_offset(batch) + padded_bytes(size_t(batch) * sizeof(A)); }

  std::string where_;
  int classes_ = 0;
};

}  // namespace

template <class T>
std::unique_ptr<Layer<T>> make_softmax_cross_entropy(const Options& options) {
  return std::make_unique<SoftmaxCrossEntropyLayer<T>>(options);
}

TANDEM_INSTANTIATE_LAYER(make_softmax_cross_entropy)

}  // namespace tandem
