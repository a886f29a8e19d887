// A network in memory as training, evaluation and files see it, whatever type its activations are stored in: parameters
// and results in A, float or double. Net<T> (net.h) adds the activations and runs the passes.
#pragma once
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "engine/net/activation_plan.h"
#include "engine/net/net_plan.h"

namespace tandem {

// One parameter tensor of a running net; pointers are on the device.
template <class A>
struct Parameter {
  std::string name;  // "conv1.weights"
  ParameterSpec spec;
  A* value = nullptr;
  A* gradient = nullptr;
  A* momentum = nullptr;  // the update's v; null in a net built for inference
  size_t elements() const { return size_t(spec.elements()); }
};

// What a step of training needs on its device, in bytes.
struct MemoryUse {
  size_t parameters = 0, gradients = 0, momentum = 0;  // parameters include their rounded copy, if there is one
  size_t input = 0, activations = 0;  // input with labels; activations with their gradients and layers' notes, sharing
  size_t scratch = 0;                 // for one layer's intermediate results at a time
  size_t workspace = 0;               // of tiles, all lanes together
  size_t total() const { return parameters + gradients + momentum + input + activations + scratch + workspace; }
};

// Seconds spent in each layer, added up over passes.
struct LayerTimes {
  std::vector<double> forward, backward;
};

struct BatchResult {
  double loss = 0;          // mean over the batch
  int count = 0;            // images
  long top1 = 0, top5 = 0;  // images whose label was among the 1 (5) likeliest classes
};

template <class A>
class AnyNet {
 public:
  virtual ~AnyNet() = default;

  virtual const NetOutline& plan() const = 0;

  // Draws every parameter from (seed, its number) and clears the momentum.
  void initialize(uint64_t seed);
  // To be called after every change of parameters' values: the net may hold copies of them, rounded to what GEMM reads.
  virtual void parameters_changed() = 0;

  // Copies count images [count][height][width][channels] and labels to the device.
  void set_input(const A* pixels, const int32_t* labels, int count);
  // The same where input() has been written on the device.
  void set_labels(const int32_t* labels, int count);
  A* input() const { return input_.data(); }  // on the device, [batch][height][width][channels]

  virtual void forward(bool training, uint64_t seed, uint64_t step) = 0;
  // Gradients of the mean loss of the last forward's batch.
  virtual void backward(GradientMode mode = GradientMode::overwrite) = 0;
  BatchResult result() const;  // of the last forward; waits for it

  int count() const { return count_; }  // images of the last batch

  virtual std::vector<double> losses() const = 0;    // one an image
  virtual std::vector<A> probabilities() const = 0;  // [count][classes]
  // The layer's output [count][...], or the loss layer's losses; whole until a later layer's part of the pass takes its
  // memory, or as long as the Net with share = false.
  virtual std::vector<A> activation(int layer) const = 0;
  // The same's sum over images and pixels, one a channel, on the device. `partial` as column_sum wants it.
  virtual void sum_channels(int layer, A* partial, A* sums) const = 0;

  // The first layer whose parameters or output hold a value that is not finite, or "input"; empty if there is none.
  // Runs the last forward pass again, layer by layer, because the activations may have been overwritten since.
  virtual std::string first_not_finite() = 0;
  std::string first_parameter_not_finite() const;  // "conv1.weights"; empty if all are finite

  // From now on adds each layer's time to `times`, which must outlive this; null stops it. Waits for the device around
  // every layer, so a pass as a whole gets slower on a GPU.
  void measure(LayerTimes* times);

  // From now on calls watcher(layer) when a layer's part of a forward pass is done, its output still whole.
  using Watcher = std::function<void(int layer)>;
  void watch(Watcher watcher) { watcher_ = std::move(watcher); }

  // Their values lie one after the other, each from a multiple of kSgdBlock on; so do momenta and gradients.
  const std::vector<Parameter<A>>& parameters() const { return parameters_; }
  const MemoryUse& memory() const { return memory_; }
  Device& device() const { return device_; }
  const NetOptions& options() const { return options_; }

 protected:
  AnyNet(Device& device, const NetOptions& options, const MemoryUse& memory)
      : device_(device), options_(options), memory_(memory) {}
  AnyNet(AnyNet&&) = default;

  // Elements of all parameters together: they lie one after the other, each in whole blocks of the update, so that one
  // launch can treat them all.
  static size_t parameter_elements(const NetOutline& plan);
  static size_t padded_elements(const ParameterSpec& spec);
  void take_memory(const NetOutline& plan);

  virtual const int32_t* ranks() const = 0;  // of the last forward, on the device

  Device& device_;
  const NetOptions options_;
  const MemoryUse memory_;
  Array<A> values_, gradients_, momentum_, input_;
  Array<int32_t> labels_;
  std::vector<Parameter<A>> parameters_;
  LayerTimes* times_ = nullptr;
  Watcher watcher_;
  int count_ = 0;
};

}  // namespace tandem
