// fully-connected: y = W x + b over the flattened input (height, width, channels). Keys: outputs, init,
// rate_multiplier, decay_multiplier. Weights are [outputs][height * width * channels].
//
// The three products are cut along the weights, whose reading costs most: each weight is read (or written) once a pass.
// No sum is cut, so none has partial sums.
#include <algorithm>

#include "layers/layers.h"
#include "layers/learned.h"

namespace tandem {
namespace {

template <class T>
class FullyConnectedLayer final : public Layer<T> {
 public:
  explicit FullyConnectedLayer(const Options& options)
      : where_(options.where()), outputs_(options.count("outputs")), learned_(parse_learned(options)) {}

  ImageShape plan(std::span<const ImageShape> inputs) override {
    inputs_ = only_input(inputs, where_).elements();
    learned_.weights.shape = {outputs_, inputs_};
    learned_.biases.shape = {outputs_};
    learned_.set_fans(inputs_, outputs_);
    return {1, 1, outputs_};
  }

  std::vector<ParameterSpec> parameters() const override { return learned_.specs(true); }
  BackwardNeeds needs() const override { return {.input = true}; }
  ScratchUse scratch(const Device&, const PassKind& kind) const override {
    return {.bytes = kind.backward ? size_t(kColumnSumParts) * outputs_ * sizeof(Compute<T>) : 0};
  }
  long multiply_adds() const override { return inputs_ * outputs_; }

  void forward(const ForwardPass<T>& pass) override {
    for_blocks(pass.device, outputs_, inputs_, [&](long begin, long count, const Lane& lane) {
      pass.device.gemm(lane, Gemm<T>{.transpose_b = true,
                                     .m = pass.batch,
                                     .n = count,
                                     .k = inputs_,
                                     .a = pass.inputs[0],
                                     .lda = inputs_,
                                     .b = pass.operands[0] + begin * inputs_,
                                     .ldb = inputs_,
                                     .c = pass.output + begin,
                                     .ldc = outputs_});
    });
    pass.kernels().add_bias(pass.stream(), pass.output, pass.parameters[1], pass.batch, outputs_);
  }

  void backward(const BackwardPass<T>& pass) override {
    weight_gradient(pass);
    pass.kernels().column_sum(pass.stream(), pass.output_gradient, reinterpret_cast<Compute<T>*>(pass.scratch),
                              pass.parameter_gradients[1], pass.batch, outputs_, pass.accumulate());
    if (T* const dx = pass.input_gradients[0]) data_gradient(pass, dx);
  }

 private:
  // dW[outputs][inputs] = dy^T x, a block of its rows a tile.
  void weight_gradient(const BackwardPass<T>& pass) const {
    for_blocks(pass.device, outputs_, inputs_, [&](long begin, long count, const Lane& lane) {
      pass.device.gemm(lane, Gemm<T, Compute<T>>{.transpose_a = true,
                                                 .m = count,
                                                 .n = inputs_,
                                                 .k = pass.batch,
                                                 .a = pass.output_gradient + begin,
                                                 .lda = outputs_,
                                                 .b = pass.inputs[0],
                                                 .ldb = inputs_,
                                                 .beta = Compute<T>(pass.accumulate()),
                                                 .c = pass.parameter_gradients[0] + begin * inputs_,
                                                 .ldc = inputs_});
    });
  }

  // dx = dy W, a block of its columns a tile.
  void data_gradient(const BackwardPass<T>& pass, T* dx) const {
    for_blocks(pass.device, inputs_, outputs_, [&](long begin, long count, const Lane& lane) {
      pass.device.gemm(lane, Gemm<T>{.m = pass.batch,
                                     .n = count,
                                     .k = outputs_,
                                     .a = pass.output_gradient,
                                     .lda = outputs_,
                                     .b = pass.operands[0] + begin,
                                     .ldb = inputs_,
                                     .c = dx + begin,
                                     .ldc = inputs_});
    });
  }

  // Calls work(begin, count, lane) for blocks of [0, length); `depth` is the length of the sums. A block has about
  // tile_bytes of weights, but not fewer than kFewest rows or columns, which GEMM needs to be fast.
  template <class Work>
  void for_blocks(Device& device, long length, long depth, const Work& work) const {
    constexpr long kFewest = 256;
    const long block = std::max(kFewest, long(device.tile_bytes() / (depth * sizeof(T))) / kFewest * kFewest);
    device.for_tiles((length + block - 1) / block, 0, [&](long tile, const Lane& lane) {
      const long begin = tile * block;
      work(begin, std::min(block, length - begin), lane);
    });
  }

  std::string where_;
  int outputs_;
  long inputs_ = 0;
  Learned learned_;
};

}  // namespace

template <class T>
std::unique_ptr<Layer<T>> make_fully_connected(const Options& options) {
  return std::make_unique<FullyConnectedLayer<T>>(options);
}

TANDEM_INSTANTIATE_LAYER(make_fully_connected)

}  // namespace tandem
