// A network in memory: runs batches forward and backward. T, float, bf16 or double, is how activations and their
// gradients are stored. In bf16, GEMM reads a copy of the parameters that is rounded once a step; everything else about
// parameters stays in float.
#pragma once
#include <span>
#include <string>
#include <type_traits>
#include <vector>

#include "engine/net/any_net.h"

namespace tandem {

template <class T>
class Net final : public AnyNet<Compute<T>> {
 public:
  using A = Compute<T>;

  // Takes all memory at once, and none later. Throws Error when it does not fit, naming what is needed and the batch
  // that would fit.
  Net(NetPlan<T> plan, Device& device, const NetOptions& options);

  // What a Net of this plan would take there, without building it.
  static MemoryUse memory_use(const NetPlan<T>& plan, const Device& device, const NetOptions& options);

  const NetPlan<T>& plan() const override { return plan_; }
  void parameters_changed() override;
  void forward(bool training, uint64_t seed, uint64_t step) override;
  void backward(GradientMode mode = GradientMode::overwrite) override;
  std::vector<double> losses() const override;
  std::vector<A> probabilities() const override;
  std::vector<A> activation(int layer) const override;
  void sum_channels(int layer, A* partial, A* sums) const override;
  std::string first_not_finite() override;

  std::vector<A> gradient(int layer) const;  // of the loss by that output; needs share = false
  std::vector<A> input_gradient() const;     // needs the option of that name

 private:
  // Where one layer's part of a pass lies; a null gradient is one that nobody wants.
  struct Slot {
    std::vector<const T*> inputs, operands;
    std::vector<const A*> parameters;
    std::vector<A*> parameter_gradients;
    T* output = nullptr;
    T* output_gradient = nullptr;
    std::byte* kept = nullptr;
    std::vector<T*> input_gradients;  // where the layer writes them
    std::vector<T*> add_to;           // beside each: where the Net adds it up; null: it is in place already
  };

  // Are parameters and inputs of another type than what GEMM reads?
  static constexpr bool kRounds = !std::is_same_v<T, A>;

  void place_parameters();
  void place_activations(const ActivationPlan& activations);
  const T* input_operand() const;
  Pass<T> pass(int layer) const;
  void run_forward(int layer);
  void run_backward(int layer, GradientMode mode);
  template <class Work>
  void timed(std::vector<double> LayerTimes::*direction, int layer, Work&& work);
  const LossLayer<T>& loss_layer() const;
  const int32_t* ranks() const override;
  std::vector<A> download(const T* from, const ImageShape& shape) const;  // of the batch
  template <class U>
  std::vector<U> download(const U* from, size_t elements) const;

  using AnyNet<A>::device_, AnyNet<A>::options_, AnyNet<A>::memory_, AnyNet<A>::values_, AnyNet<A>::input_,
      AnyNet<A>::labels_, AnyNet<A>::parameters_, AnyNet<A>::times_, AnyNet<A>::watcher_, AnyNet<A>::count_;

  NetPlan<T> plan_;
  Array<T> operands_, rounded_input_;  // empty where nothing is rounded
  Array<T> input_gradient_;
  Array<std::byte> arena_, scratch_;
  std::vector<Slot> slots_;

  // The last forward pass.
  bool training_ = false;
  uint64_t seed_ = 0, step_ = 0;
};

}  // namespace tandem
