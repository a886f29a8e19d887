#include "engine/net/activation_plan.h"

#include <algorithm>

namespace tandem {
namespace {

class ActivationPlanner {
 public:
  ActivationPlanner(const NetOutline& plan, const NetOptions& options, size_t element_bytes)
      : layers_(plan.layers),
        net_input_bytes_(size_t(plan.input.elements()) * options.batch * element_bytes),
        element_bytes_(element_bytes),
        options_(options),
        count_(int(plan.layers.size())) {
    consumers_.resize(count_);
    for (int l = 0; l < count_; ++l)
      for (const int input : layers_[l].inputs)
        if (input >= 0) consumers_[input].push_back(l);
    result_.layers.resize(count_);
  }

  ActivationPlan run() {
    for (int l = 0; l < count_ - 1; ++l) place_output(l);  // the loss has none
    for (int l = 0; l < count_; ++l) place_kept(l);
    if (options_.training) {
      find_wanted_gradients();
      for (int l = count_ - 1; l >= 0; --l) place_input_gradients(l);
    }
    return std::move(result_);
  }

 private:
  int forward_step(int layer) const { return layer; }
  int backward_step(int layer) const { return 2 * count_ - 1 - layer; }
  int last_step() const { return 2 * count_; }  // alive until the pass has been looked at
  size_t output_bytes(int layer) const {
    return size_t(layers_[layer].output.elements()) * options_.batch * element_bytes_;
  }

  int add_buffer(size_t bytes, int step) {
    result_.buffers.push_back({bytes, step, step});
    return int(result_.buffers.size()) - 1;
  }
  void keep_until(int buffer, int step) {
    BufferLifetime& lifetime = result_.buffers[buffer];
    lifetime.first = std::min(lifetime.first, step);
    lifetime.last = std::max(lifetime.last, step);
  }

  bool runs_in_place(int l) const {
    const PlannedLayer& layer = layers_[l];
    if (!options_.share || !layer.needs.in_place || layer.inputs.size() != 1 || layer.inputs[0] < 0) return false;
    const int producer = layer.inputs[0];
    if (consumers_[producer].size() != 1) return false;
    return !options_.training || (!layer.needs.input && !layers_[producer].needs.output);
  }

  void place_output(int l) {
    int& buffer = result_.layers[l].output;
    buffer =
        runs_in_place(l) ? result_.layers[layers_[l].inputs[0]].output : add_buffer(output_bytes(l), forward_step(l));
    keep_until(buffer, forward_step(l));
    if (options_.training && layers_[l].needs.output) keep_until(buffer, backward_step(l));
    for (const int consumer : consumers_[l]) {
      keep_until(buffer, forward_step(consumer));
      if (options_.training && layers_[consumer].needs.input) keep_until(buffer, backward_step(consumer));
    }
  }

  void place_kept(int l) {
    const size_t bytes = layers_[l].needs.kept_bytes_per_image * options_.batch;
    if (bytes == 0) return;
    const int buffer = result_.layers[l].kept = add_buffer(bytes, forward_step(l));
    if (options_.training) keep_until(buffer, backward_step(l));
    if (l == count_ - 1) keep_until(buffer, last_step());
    result_.kept_bytes += bytes;
  }

  // A gradient is wanted where something that learns lies at or before it.
  void find_wanted_gradients() {
    wanted_.resize(count_);
    for (int l = 0; l < count_; ++l) {
      bool wanted = !layers_[l].parameters.empty();
      for (const int input : layers_[l].inputs) wanted = wanted || is_wanted(input);
      wanted_[l] = wanted;
    }
  }
  bool is_wanted(int layer) const { return layer < 0 ? options_.input_gradient : bool(wanted_[layer]); }

  void place_input_gradients(int l) {
    auto& mine = result_.layers[l];
    if (mine.output_gradient != kNoBuffer) keep_until(mine.output_gradient, backward_step(l));
    for (const int input : layers_[l].inputs) mine.input_gradients.push_back(place_input_gradient(l, input));
  }

  ActivationPlan::InputGradient place_input_gradient(int l, int input) {
    if (!is_wanted(input)) return {};
    int& target = input < 0 ? net_input_target_ : result_.layers[input].output_gradient;
    if (target != kNoBuffer) {  // a later layer has been here: write beside it, then add
      const size_t bytes = input < 0 ? net_input_bytes_ : output_bytes(input);
      return {add_buffer(bytes, backward_step(l)), target};
    }
    if (input < 0) {
      target = kNetInput;
    } else if (options_.share && layers_[l].needs.in_place && consumers_[input].size() == 1) {
      target = result_.layers[l].output_gradient;
    } else {
      target = add_buffer(output_bytes(input), backward_step(l));
    }
    return {target, kNoBuffer};
  }

  const std::vector<PlannedLayer>& layers_;
  const size_t net_input_bytes_, element_bytes_;
  const NetOptions& options_;
  const int count_;
  std::vector<std::vector<int>> consumers_;
  std::vector<bool> wanted_;
  int net_input_target_ = kNoBuffer;
  ActivationPlan result_;
};

}  // namespace

template <class T>
ActivationPlan plan_activations(const NetPlan<T>& plan, const NetOptions& options) {
  return ActivationPlanner(plan, options, sizeof(T)).run();
}

template ActivationPlan plan_activations(const NetPlan<float>&, const NetOptions&);
template ActivationPlan plan_activations(const NetPlan<bf16>&, const NetOptions&);
template ActivationPlan plan_activations(const NetPlan<double>&, const NetOptions&);

}  // namespace tandem
