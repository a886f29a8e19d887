// The layer contract. A layer is a small class over its parameters from the net file. The Net calls, in this order:
//   plan        once: checks everything and returns the output's shape. All errors happen here, before memory is taken.
//   parameters, needs, scratch, multiply_adds: after plan, constant from then on.
//   forward     for each batch; then backward, with the same pass data, if training.
// A layer owns no activations and no gradients: the Net does, and hands out pointers. T, float, bf16 or double, is how
// activations and their gradients are stored; parameters, their gradients and losses are Compute<T>.
#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "engine/core/error.h"
#include "engine/device/tensor.h"
#include "engine/net/initializer.h"

namespace tandem {

struct ParameterSpec {
  std::string name;         // "weights" or "biases"
  std::vector<long> shape;  // row-major
  long fan_in = 1, fan_out = 1;
  Initializer initializer;
  // Multiply the recipe's rate and decay; negative: take the recipe's own for weights or for biases.
  double rate_multiplier = -1, decay_multiplier = -1;

  bool is_bias() const { return name == "biases"; }
  long elements() const {
    long n = 1;
    for (long d : shape) n *= d;
    return n;
  }
};

// What must survive from forward to backward; the Net shares or frees everything else.
struct BackwardNeeds {
  bool input = false;               // backward reads its inputs
  bool output = false;              // backward reads its output
  size_t kept_bytes_per_image = 0;  // private notes that forward writes and backward reads (argmax, scale)
  bool in_place = false;            // output may be the first input's memory, and its gradient the output gradient's
};

// What passes are to be planned for.
struct PassKind {
  int batch = 1;
  bool backward = true, input_gradient = true;  // backward passes too; and they give the input's gradient
};

// Device memory for intermediate results within one layer's part of a pass; nothing in it lasts. At most: a pass over
// fewer images takes no more.
struct ScratchUse {
  // A call of Device::for_tiles: so many tiles, each with so many bytes of workspace.
  struct Tiles {
    long count;
    size_t bytes;
  };
  std::vector<Tiles> tiles = {};
  size_t bytes = 0;  // Pass::scratch
};

// How backward treats a parameter gradient that already holds something: an argument, never a convention.
enum class GradientMode { overwrite, accumulate };

template <class T>
struct Pass {
  Device& device;
  int batch = 0;  // images in this batch; may be less than the Net was built for
  bool training = false;
  uint64_t seed = 0, step = 0;  // with `layer` they name the random draws of this pass
  uint32_t layer = 0;           // the layer's number in the net
  std::span<const T* const> inputs = {};
  std::span<const Compute<T>* const> parameters = {};
  std::span<const T* const> operands = {};  // the parameters as GEMM reads them; of float and double the same memory
  std::byte* kept = nullptr;                // kept_bytes_per_image * batch
  std::byte* scratch = nullptr;             // as much as scratch() says; all layers' is the same
  const int32_t* labels = nullptr;          // [batch] on the device

  const Table<T>& kernels() const { return device.template kernels<T>(); }
  Stream stream() const { return device.stream(); }
};

template <class T>
struct ForwardPass : Pass<T> {
  T* output = nullptr;  // null for a loss layer
};

template <class T>
struct BackwardPass : Pass<T> {
  const T* output = nullptr;
  const T* output_gradient = nullptr;                     // null for a loss layer
  std::span<T* const> input_gradients = {};               // overwritten; null where nobody wants it
  std::span<Compute<T>* const> parameter_gradients = {};  // overwritten or accumulated as gradient_mode says
  GradientMode gradient_mode = GradientMode::overwrite;
  double loss_scale = 1;  // the loss is loss_scale * the sum over the batch: 1 / batch for the mean

  bool accumulate() const { return gradient_mode == GradientMode::accumulate; }
};

template <class T>
class Layer {
 public:
  virtual ~Layer() = default;
  virtual ImageShape plan(std::span<const ImageShape> inputs) = 0;
  virtual std::vector<ParameterSpec> parameters() const { return {}; }
  virtual BackwardNeeds needs() const = 0;
  virtual ScratchUse scratch(const Device&, const PassKind&) const { return {}; }
  virtual long multiply_adds() const { return 0; }  // of one image's forward pass, GEMM-like work only
  virtual void forward(const ForwardPass<T>& pass) = 0;
  virtual void backward(const BackwardPass<T>& pass) = 0;
};

// The layer a net ends with: it makes one loss an image (1 x 1 x 1), and has no output but what it keeps.
template <class T>
class LossLayer : public Layer<T> {
 public:
  // Where forward left them in the pass's kept memory, on the device: class probabilities [batch][classes], losses
  // [batch], and ranks [batch], how many classes are ahead of the label (a hit at top-k is rank < k).
  virtual const Compute<T>* probabilities(const std::byte* kept, int batch) const = 0;
  virtual const Compute<T>* losses(const std::byte* kept, int batch) const = 0;
  virtual const int32_t* ranks(const std::byte* kept, int batch) const = 0;
};

// For layers with one input: throws UsageError for any other number.
inline const ImageShape& only_input(std::span<const ImageShape> inputs, const std::string& where) {
  if (inputs.size() != 1)
    throw UsageError(where, "takes one input, but the net file gives it " + std::to_string(inputs.size()));
  return inputs[0];
}

}  // namespace tandem
