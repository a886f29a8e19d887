// A network in memory: runs batches forward and backward.
#pragma once
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "engine/net/activation_plan.h"
#include "engine/net/net_plan.h"

namespace tandem {

// One parameter tensor of a running net; pointers are on the device.
template <class T>
struct Parameter {
  std::string name;  // "conv1.weights"
  ParameterSpec spec;
  T* value = nullptr;
  T* gradient = nullptr;
  T* momentum = nullptr;  // the update's v; null in a net built for inference
  size_t elements() const { return size_t(spec.elements()); }
};

// What a step of training needs on its device, in bytes.
struct MemoryUse {
  size_t parameters = 0, gradients = 0, momentum = 0;
  size_t input = 0, activations = 0;  // activations include their gradients and layers' notes, sharing memory
  size_t scratch = 0;                 // what layers keep for intermediate sums
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

template <class T>
class Net {
 public:
  // Takes all memory at once. Throws Error when it does not fit, naming what is needed and the batch that would fit.
  Net(NetPlan<T> plan, Device& device, const NetOptions& options);

  // What a Net of this plan would take there, without building it.
  static MemoryUse memory_use(const NetPlan<T>& plan, const Device& device, const NetOptions& options);

  // Draws every parameter from (seed, its number) and clears the momentum.
  void initialize(uint64_t seed);

  // Copies count images [count][height][width][channels] and labels to the device.
  void set_input(const T* pixels, const int32_t* labels, int count);
  // The same where input() has been written on the device.
  void set_labels(const int32_t* labels, int count);
  T* input() const { return input_.data(); }  // on the device, [batch][height][width][channels]

  void forward(bool training, uint64_t seed, uint64_t step);
  // Gradients of the mean loss of the last forward's batch.
  void backward(GradientMode mode = GradientMode::overwrite);
  BatchResult result() const;  // of the last forward; waits for it

  int count() const { return count_; }  // images of the last batch
  // On the device; whole until a later layer's part of the pass takes its memory.
  const T* output(int layer) const { return slots_[layer].output; }

  std::vector<double> losses() const;    // one an image
  std::vector<T> probabilities() const;  // [count][classes]
  // The layer's output [count][...]; whole as output() says, or as long as the Net with share = false.
  std::vector<T> activation(int layer) const;
  std::vector<T> gradient(int layer) const;  // of the loss by that output; needs share = false
  std::vector<T> input_gradient() const;     // needs the option of that name

  // The first layer whose parameters or output hold a value that is not finite, or "input"; empty if there is none.
  // Runs the last forward pass again, layer by layer, because the activations may have been overwritten since.
  std::string first_not_finite();
  std::string first_parameter_not_finite() const;  // "conv1.weights"; empty if all are finite

  // From now on adds each layer's time to `times`, which must outlive this; null stops it. Waits for the device around
  // every layer, so a pass as a whole gets slower on a GPU.
  void measure(LayerTimes* times);

  // From now on calls watcher(layer) when a layer's part of a forward pass is done, its output still whole.
  using Watcher = std::function<void(int layer)>;
  void watch(Watcher watcher) { watcher_ = std::move(watcher); }

  const std::vector<Parameter<T>>& parameters() const { return parameters_; }
  const NetPlan<T>& plan() const { return plan_; }
  const MemoryUse& memory() const { return memory_; }
  Device& device() const { return device_; }
  const NetOptions& options() const { return options_; }

 private:
  // Where one layer's part of a pass lies; a null gradient is one that nobody wants.
  struct Slot {
    std::vector<const T*> inputs, parameters;
    std::vector<T*> parameter_gradients;
    T* output = nullptr;
    T* output_gradient = nullptr;
    std::byte* kept = nullptr;
    std::vector<T*> input_gradients;  // where the layer writes them
    std::vector<T*> add_to;           // beside each: where the Net adds it up; null: it is in place already
  };

  void place_parameters();
  void place_activations(const ActivationPlan& activations);
  Pass<T> pass(int layer) const;
  void run_forward(int layer);
  void run_backward(int layer, GradientMode mode);
  template <class Work>
  void timed(std::vector<double> LayerTimes::*direction, int layer, Work&& work);
  const LossLayer<T>& loss_layer() const;
  template <class U>
  std::vector<U> download(const U* from, size_t elements) const;

  NetPlan<T> plan_;
  Device& device_;
  NetOptions options_;
  MemoryUse memory_;
  Array<T> values_, gradients_, momentum_, input_, input_gradient_;
  Array<int32_t> labels_;
  Array<std::byte> arena_;
  std::vector<Parameter<T>> parameters_;
  std::vector<Slot> slots_;

  LayerTimes* times_ = nullptr;
  Watcher watcher_;

  // The last forward pass.
  int count_ = 0;
  bool training_ = false;
  uint64_t seed_ = 0, step_ = 0;
};

}  // namespace tandem
