// lrn: normalisation across n neighbouring channels (paper, section 3.3). Keys: n, alpha, beta, k, groups = 1; windows
// stay inside their group of channels, as the paper's stay on their GPU. lrn-same-map: the same over the n x n pixels
// around each, in one channel, zeros outside. Keys: n, alpha, beta, k. Both have the paper's meaning of alpha, which is
// never divided by n. Kept for backward: the scale, as large as the input.
#include "layers/batch.h"
#include "layers/layers.h"

namespace tandem {
namespace {

Lrn parse_lrn(const Options& options) {
  Lrn lrn;
  lrn.n = options.count("n");
  lrn.alpha = options.real("alpha");
  lrn.beta = options.real("beta");
  lrn.k = options.real("k");
  if (lrn.n % 2 == 0)
    throw UsageError(options.where("n"), "should be odd, or the window has no middle; found " + std::to_string(lrn.n));
  if (lrn.alpha < 0) throw UsageError(options.where("alpha"), "should not be negative");
  if (lrn.k <= 0) throw UsageError(options.where("k"), "should be more than 0, or a window of zeros divides by 0");
  return lrn;
}

template <class T>
struct LrnKernels {
  void (*Table<T>::*forward)(Stream, const T* x, T* y, T* scale, const Lrn&);
  void (*Table<T>::*backward)(Stream, const T* x, const T* y, const T* scale, const T* dy, T* dx, const Lrn&);
};

template <class T>
class LrnLayer final : public Layer<T> {
 public:
  LrnLayer(const std::string& where, const Lrn& lrn, const LrnKernels<T>& kernels)
      : where_(where), lrn_(lrn), kernels_(kernels) {}

  ImageShape plan(std::span<const ImageShape> inputs) override {
    const ImageShape& input = only_input(inputs, where_);
    if (input.channels % lrn_.groups != 0)
      throw UsageError(where_, "the input's " + std::to_string(input.channels) + " channels cannot be divided into " +
                                   std::to_string(lrn_.groups) + " groups");
    lrn_.height = input.height;
    lrn_.width = input.width;
    lrn_.channels = input.channels;
    return input;
  }

  BackwardNeeds needs() const override {
    const size_t elements = size_t(lrn_.height) * lrn_.width * lrn_.channels;
    return {.input = true, .output = true, .kept_bytes_per_image = padded_bytes(elements * sizeof(T))};
  }

  void forward(const ForwardPass<T>& pass) override {
    (pass.kernels().*kernels_.forward)(pass.stream(), pass.inputs[0], pass.output, reinterpret_cast<T*>(pass.kept),
                                       with_batch(lrn_, pass.batch));
  }

  void backward(const BackwardPass<T>& pass) override {
    if (T* const dx = pass.input_gradients[0])
      (pass.kernels().*kernels_.backward)(pass.stream(), pass.inputs[0], pass.output,
                                          reinterpret_cast<const T*>(pass.kept), pass.output_gradient, dx,
                                          with_batch(lrn_, pass.batch));
  }

 private:
  std::string where_;
  Lrn lrn_;
  LrnKernels<T> kernels_;
};

}  // namespace

template <class T>
std::unique_ptr<Layer<T>> make_lrn(const Options& options) {
  Lrn lrn = parse_lrn(options);
  lrn.groups = options.count("groups", 1);
  return std::make_unique<LrnLayer<T>>(options.where(), lrn,
                                       LrnKernels<T>{&Table<T>::lrn_forward, &Table<T>::lrn_backward});
}
template <class T>
std::unique_ptr<Layer<T>> make_lrn_same_map(const Options& options) {
  return std::make_unique<LrnLayer<T>>(
      options.where(), parse_lrn(options),
      LrnKernels<T>{&Table<T>::lrn_same_map_forward, &Table<T>::lrn_same_map_backward});
}

TANDEM_INSTANTIATE_LAYER(make_lrn)
TANDEM_INSTANTIATE_LAYER(make_lrn_same_map)

}  // namespace tandem
