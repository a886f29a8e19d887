#include "engine/net/net.h"

#include <algorithm>
#include <chrono>
#include <numeric>

namespace tandem {
namespace {

std::string mebibytes(size_t bytes) { return std::to_string((bytes + (1 << 20) - 1) >> 20) + " MiB"; }

struct ScratchPlan {
  size_t bytes = 0;
  std::vector<size_t> lanes;  // the workspace of each
};

// Enough for every layer in turn.
template <class T>
ScratchPlan plan_scratch(const NetPlan<T>& plan, const ActivationPlan& activations, const Device& device,
                         const NetOptions& options) {
  ScratchPlan most{.lanes = std::vector<size_t>(size_t(device.threads()))};
  for (size_t l = 0; l < plan.layers.size(); ++l) {
    const PassKind kind{options.batch, options.training, activations.layers[l].wants_input_gradient()};
    const ScratchUse scratch = plan.implementations[l]->scratch(device, kind);
    most.bytes = std::max(most.bytes, scratch.bytes);
    for (const ScratchUse::Tiles& tiles : scratch.tiles)
      for (size_t lane = 0; lane < std::min(most.lanes.size(), size_t(tiles.count)); ++lane)
        most.lanes[lane] = std::max(most.lanes[lane], tiles.bytes);
  }
  return most;
}

// With what others will take.
template <class T>
size_t wanted_bytes(const NetPlan<T>& plan, const Device& device, const NetOptions& options) {
  return Net<T>::memory_use(plan, device, options).total() + (options.beside ? options.beside(options.batch) : 0);
}

// The largest batch whose memory is available; 0 if not even one image fits.
template <class T>
int batch_that_fits(const NetPlan<T>& plan, const Device& device, NetOptions options, size_t available) {
  int fits = 0, fails = options.batch;
  while (fails - fits > 1) {
    options.batch = fits + (fails - fits) / 2;
    (wanted_bytes(plan, device, options) <= available ? fits : fails) = options.batch;
  }
  return fits;
}

template <class T>
void check_fits(const NetPlan<T>& plan, const Device& device, const NetOptions& options) {
  const size_t available = device.available_bytes(), wanted = wanted_bytes(plan, device, options);
  if (wanted <= available) return;
  const int batch = batch_that_fits(plan, device, options, available);
  throw Error("memory",
              plan.name + " needs " + mebibytes(wanted) + " for a batch of " + std::to_string(options.batch) +
                  ", and " + mebibytes(available) + " are free on " + device.description(),
              batch > 0 ? "--batch " + std::to_string(batch) + " would fit" : "not even a batch of 1 would fit");
}

}  // namespace

template <class T>
MemoryUse Net<T>::memory_use(const NetPlan<T>& plan, const Device& device, const NetOptions& options) {
  const size_t parameters = AnyNet<A>::parameter_elements(plan), inputs = size_t(plan.input.elements()) * options.batch;
  MemoryUse use;
  use.parameters = parameters * (sizeof(A) + (kRounds ? sizeof(T) : 0));
  if (options.training) use.gradients = use.momentum = parameters * sizeof(A);
  use.input = inputs * (sizeof(A) + (kRounds ? sizeof(T) : 0)) + size_t(options.batch) * sizeof(int32_t);
  const ActivationPlan activations = plan_activations(plan, options);
  use.activations = place_buffers(activations.buffers, options.share).bytes;
  const ScratchPlan scratch = plan_scratch(plan, activations, device, options);
  use.scratch = scratch.bytes;
  use.workspace = std::accumulate(scratch.lanes.begin(), scratch.lanes.end(), size_t{0});
  return use;
}

template <class T>
Net<T>::Net(NetPlan<T> plan, Device& device, const NetOptions& options)
    : AnyNet<A>(device, options, memory_use(plan, device, options)), plan_(std::move(plan)) {
  check_fits(plan_, device_, options_);
  this->take_memory(plan_);
  slots_.resize(plan_.layers.size());
  place_parameters();
  const ActivationPlan activations = plan_activations(plan_, options_);
  place_activations(activations);
  const ScratchPlan scratch = plan_scratch(plan_, activations, device_, options_);
  scratch_ = Array<std::byte>(device_, scratch.bytes);
  device_.reserve_workspace(scratch.lanes);
}

template <class T>
void Net<T>::place_parameters() {
  if constexpr (kRounds) operands_ = Array<T>(device_, values_.size());
  size_t number = 0;
  for (size_t l = 0; l < plan_.layers.size(); ++l)
    for (size_t i = 0; i < plan_.layers[l].parameters.size(); ++i) {
      const Parameter<A>& parameter = parameters_[number++];
      slots_[l].parameters.push_back(parameter.value);
      slots_[l].parameter_gradients.push_back(parameter.gradient);
      if constexpr (kRounds) {
        slots_[l].operands.push_back(operands_.data() + (parameter.value - values_.data()));
      } else {
        slots_[l].operands.push_back(parameter.value);
      }
    }
}

template <class T>
void Net<T>::parameters_changed() {
  if constexpr (kRounds)
    device_.template kernels<T>().narrow(device_.stream(), values_.data(), operands_.data(), values_.size());
}

// What the first layers read.
template <class T>
const T* Net<T>::input_operand() const {
  if constexpr (kRounds) {
    return rounded_input_.data();
  } else {
    return input_.data();
  }
}

template <class T>
void Net<T>::place_activations(const ActivationPlan& activations) {
  const MemoryLayout layout = place_buffers(activations.buffers, options_.share);
  arena_ = Array<std::byte>(device_, layout.bytes);
  if constexpr (kRounds) rounded_input_ = Array<T>(device_, input_.size());
  if (options_.input_gradient) input_gradient_ = Array<T>(device_, input_.size());
  const auto at = [&](int buffer) -> std::byte* {
    if (buffer == kNetInput) return reinterpret_cast<std::byte*>(input_gradient_.data());
    return buffer == kNoBuffer ? nullptr : arena_.data() + layout.offsets[buffer];
  };
  const auto elements_at = [&](int buffer) { return reinterpret_cast<T*>(at(buffer)); };
  for (size_t l = 0; l < slots_.size(); ++l) {
    const ActivationPlan::LayerBuffers& buffers = activations.layers[l];
    Slot& slot = slots_[l];
    slot.output = elements_at(buffers.output);
    slot.output_gradient = elements_at(buffers.output_gradient);
    slot.kept = at(buffers.kept);
    for (const int input : plan_.layers[l].inputs)
      slot.inputs.push_back(input < 0 ? input_operand() : slots_[input].output);
    for (const ActivationPlan::InputGradient& gradient : buffers.input_gradients) {
      slot.input_gradients.push_back(elements_at(gradient.write));
      slot.add_to.push_back(elements_at(gradient.add_to));
    }
  }
}

template <class T>
Pass<T> Net<T>::pass(int layer) const {
  const Slot& slot = slots_[layer];
  return {.device = device_,
          .batch = count_,
          .training = training_,
          .seed = seed_,
          .step = step_,
          .layer = uint32_t(layer),
          .inputs = slot.inputs,
          .parameters = slot.parameters,
          .operands = slot.operands,
          .kept = slot.kept,
          .scratch = scratch_.data(),
          .labels = labels_.data()};
}

template <class T>
void Net<T>::run_forward(int layer) {
  ForwardPass<T> forward{pass(layer)};
  forward.output = slots_[layer].output;
  plan_.implementations[layer]->forward(forward);
}

template <class T>
void Net<T>::run_backward(int layer, GradientMode mode) {
  const Slot& slot = slots_[layer];
  BackwardPass<T> backward{pass(layer)};
  backward.output = slot.output;
  backward.output_gradient = slot.output_gradient;
  backward.input_gradients = slot.input_gradients;
  backward.parameter_gradients = slot.parameter_gradients;
  backward.gradient_mode = mode;
  backward.loss_scale = 1.0 / count_;
  plan_.implementations[layer]->backward(backward);
  for (size_t i = 0; i < slot.add_to.size(); ++i) {
    if (slot.add_to[i] == nullptr) continue;
    const int input = plan_.layers[layer].inputs[i];
    const long elements = input < 0 ? plan_.input.elements() : plan_.layers[input].output.elements();
    device_.template kernels<T>().add(device_.stream(), slot.input_gradients[i], slot.add_to[i],
                                      size_t(elements) * count_);
  }
}

template <class T>
template <class Work>
void Net<T>::timed(std::vector<double> LayerTimes::*direction, int layer, Work&& work) {
  if (times_ == nullptr) return work();
  using Clock = std::chrono::steady_clock;
  device_.synchronize();
  const auto start = Clock::now();
  work();
  device_.synchronize();
  (times_->*direction)[layer] += std::chrono::duration<double>(Clock::now() - start).count();
}

template <class T>
void Net<T>::forward(bool training, uint64_t seed, uint64_t step) {
  training_ = training;
  seed_ = seed;
  step_ = step;
  if constexpr (kRounds)
    device_.template kernels<T>().narrow(device_.stream(), input_.data(), rounded_input_.data(),
                                         size_t(plan_.input.elements()) * count_);
  for (int l = 0; l < int(slots_.size()); ++l) {
    timed(&LayerTimes::forward, l, [&] { run_forward(l); });
    if (watcher_) watcher_(l);
  }
}

template <class T>
void Net<T>::backward(GradientMode mode) {
  const int last = int(slots_.size()) - 1;
  for (int l = last; l >= 0; --l)
    if (l == last || slots_[l].output_gradient != nullptr)
      timed(&LayerTimes::backward, l, [&] { run_backward(l, mode); });
}

template <class T>
const LossLayer<T>& Net<T>::loss_layer() const {
  return dynamic_cast<const LossLayer<T>&>(*plan_.implementations.back());
}

template <class T>
template <class U>
std::vector<U> Net<T>::download(const U* from, size_t elements) const {
  std::vector<U> values(elements);
  device_.download(values.data(), from, elements * sizeof(U));
  return values;
}

template <class T>
std::vector<Compute<T>> Net<T>::download(const T* from, const ImageShape& shape) const {
  const std::vector<T> stored = download<T>(from, size_t(shape.elements()) * count_);
  std::vector<A> values(stored.size());
  std::transform(stored.begin(), stored.end(), values.begin(), [](T value) { return A(value); });
  return values;
}

template <class T>
std::vector<double> Net<T>::losses() const {
  const std::vector<A> values = download<A>(loss_layer().losses(slots_.back().kept, count_), size_t(count_));
  return {values.begin(), values.end()};
}

template <class T>
const int32_t* Net<T>::ranks() const {
  return loss_layer().ranks(slots_.back().kept, count_);
}

template <class T>
std::vector<Compute<T>> Net<T>::probabilities() const {
  return download<A>(loss_layer().probabilities(slots_.back().kept, count_), size_t(count_) * plan_.classes);
}

template <class T>
std::vector<Compute<T>> Net<T>::activation(int layer) const {
  if (slots_[layer].output == nullptr)
    return download<A>(loss_layer().losses(slots_[layer].kept, count_), size_t(count_));
  return download(slots_[layer].output, plan_.layers[layer].output);
}

template <class T>
void Net<T>::sum_channels(int layer, A* partial, A* sums) const {
  const ImageShape& shape = plan_.layers[layer].output;
  device_.template kernels<T>().column_sum(device_.stream(), slots_[layer].output, partial, sums,
                                           long(count_) * shape.height * shape.width, shape.channels,
                                           /*accumulate=*/false);
}

template <class T>
std::vector<Compute<T>> Net<T>::gradient(int layer) const {
  if (slots_[layer].output_gradient == nullptr) return {};
  return download(slots_[layer].output_gradient, plan_.layers[layer].output);
}

template <class T>
std::vector<Compute<T>> Net<T>::input_gradient() const {
  return download(input_gradient_.data(), plan_.input);
}

template <class T>
std::string Net<T>::first_not_finite() {
  const auto finite = [&]<class U>(const U* values, size_t elements) {
    return device_.template kernels<U>().all_finite(device_.stream(), values, elements);
  };
  if (!finite(input_.data(), size_t(plan_.input.elements()) * count_)) return "input";
  for (int l = 0; l < int(slots_.size()); ++l) {
    const PlannedLayer& layer = plan_.layers[l];
    for (size_t p = 0; p < layer.parameters.size(); ++p)
      if (!finite(slots_[l].parameters[p], size_t(layer.parameters[p].elements()))) return layer.name;
    run_forward(l);
    const size_t elements = size_t(layer.output.elements()) * count_;
    const T* const output = slots_[l].output;
    if (!(output != nullptr ? finite(output, elements) : finite(loss_layer().losses(slots_[l].kept, count_), elements)))
      return layer.name;
  }
  return "";
}

template class Net<float>;
template class Net<bf16>;
template class Net<double>;

}  // namespace tandem
