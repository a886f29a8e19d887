#include "engine/net/net.h"

#include <algorithm>
#include <chrono>
#include <cmath>

namespace tandem {
namespace {

constexpr size_t kAlignment = 64;

// Parameters lie one after the other, each on a 64-byte boundary, so that one kernel can update them all.
template <class T>
size_t padded_elements(const ParameterSpec& spec) {
  constexpr size_t unit = kAlignment / sizeof(T);
  return (size_t(spec.elements()) + unit - 1) / unit * unit;
}

template <class T>
size_t parameter_elements(const NetPlan<T>& plan) {
  size_t elements = 0;
  for (const PlannedLayer<T>& layer : plan.layers)
    for (const ParameterSpec& spec : layer.parameters) elements += padded_elements<T>(spec);
  return elements;
}

std::string mebibytes(size_t bytes) { return std::to_string((bytes + (1 << 20) - 1) >> 20) + " MiB"; }

// The largest batch whose memory is available; 0 if not even one image fits.
template <class T>
int batch_that_fits(const NetPlan<T>& plan, const Device& device, NetOptions options, size_t available) {
  int fits = 0, fails = options.batch;
  while (fails - fits > 1) {
    options.batch = fits + (fails - fits) / 2;
    (Net<T>::memory_use(plan, device, options).total() <= available ? fits : fails) = options.batch;
  }
  return fits;
}

template <class T>
void check_fits(const NetPlan<T>& plan, const Device& device, const NetOptions& options, const MemoryUse& memory) {
  const size_t available = device.available_bytes();
  if (memory.total() <= available) return;
  const int batch = batch_that_fits(plan, device, options, available);
  throw Error("memory",
              plan.name + " needs " + mebibytes(memory.total()) + " for a batch of " + std::to_string(options.batch) +
                  ", and " + mebibytes(available) + " are free on " + device.description(),
              batch > 0 ? "--batch " + std::to_string(batch) + " would fit" : "not even a batch of 1 would fit");
}

}  // namespace

template <class T>
MemoryUse Net<T>::memory_use(const NetPlan<T>& plan, const Device& device, const NetOptions& options) {
  MemoryUse use;
  use.parameters = parameter_elements(plan) * sizeof(T);
  if (options.training) use.gradients = use.momentum = use.parameters;
  use.input = size_t(plan.input.elements()) * options.batch * sizeof(T);
  const ActivationPlan activations = plan_activations(plan, options);
  use.activations = place_buffers(activations.buffers, options.share).bytes;
  std::vector<size_t> lanes(size_t(device.threads()));  // the workspace of each: the largest that it is asked for
  for (size_t l = 0; l < plan.layers.size(); ++l) {
    const PassKind kind{options.batch, options.training, activations.layers[l].wants_input_gradient()};
    const ScratchUse scratch = plan.layers[l].layer->scratch(device, kind);
    use.scratch += scratch.kept_bytes;
    for (const ScratchUse::Tiles& tiles : scratch.tiles)
      for (size_t lane = 0; lane < std::min(lanes.size(), size_t(tiles.count)); ++lane)
        lanes[lane] = std::max(lanes[lane], tiles.bytes);
  }
  for (const size_t lane : lanes) use.workspace += lane;
  return use;
}

template <class T>
Net<T>::Net(NetPlan<T> plan, Device& device, const NetOptions& options)
    : plan_(std::move(plan)), device_(device), options_(options), memory_(memory_use(plan_, device, options)) {
  check_fits(plan_, device_, options_, memory_);
  slots_.resize(plan_.layers.size());
  place_parameters();
  place_activations(plan_activations(plan_, options_));
}

template <class T>
void Net<T>::place_parameters() {
  const size_t elements = parameter_elements(plan_);
  values_ = Array<T>(device_, elements);
  if (options_.training) {
    gradients_ = Array<T>(device_, elements);
    momentum_ = Array<T>(device_, elements);
    // The update reads whole vectors: what lies between the tensors must be numbers too.
    device_.kernels<T>().fill(device_.stream(), gradients_.data(), elements, 0);
    device_.kernels<T>().fill(device_.stream(), momentum_.data(), elements, 0);
  }
  device_.kernels<T>().fill(device_.stream(), values_.data(), elements, 0);
  size_t offset = 0;
  for (size_t l = 0; l < plan_.layers.size(); ++l)
    for (const ParameterSpec& spec : plan_.layers[l].parameters) {
      Parameter<T> parameter{.name = plan_.layers[l].name + "." + spec.name, .spec = spec};
      parameter.value = values_.data() + offset;
      if (options_.training) {
        parameter.gradient = gradients_.data() + offset;
        parameter.momentum = momentum_.data() + offset;
      }
      slots_[l].parameters.push_back(parameter.value);
      slots_[l].parameter_gradients.push_back(parameter.gradient);
      parameters_.push_back(std::move(parameter));
      offset += padded_elements<T>(spec);
    }
}

template <class T>
void Net<T>::place_activations(const ActivationPlan& activations) {
  const MemoryLayout layout = place_buffers(activations.buffers, options_.share);
  arena_ = Array<std::byte>(device_, layout.bytes);
  input_ = Array<T>(device_, size_t(plan_.input.elements()) * options_.batch);
  if (options_.input_gradient) input_gradient_ = Array<T>(device_, input_.size());
  labels_ = Array<int32_t>(device_, options_.batch);
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
      slot.inputs.push_back(input < 0 ? input_.data() : slots_[input].output);
    for (const ActivationPlan::InputGradient& gradient : buffers.input_gradients) {
      slot.input_gradients.push_back(elements_at(gradient.write));
      slot.add_to.push_back(elements_at(gradient.add_to));
    }
  }
}

template <class T>
void Net<T>::initialize(uint64_t seed) {
  for (size_t p = 0; p < parameters_.size(); ++p) {
    const ParameterSpec& spec = parameters_[p].spec;
    const std::vector<float> values =
        draw_initial_values(spec.initializer, seed, uint32_t(p), spec.elements(), spec.fan_in, spec.fan_out);
    const std::vector<T> converted(values.begin(), values.end());
    device_.upload(parameters_[p].value, converted.data(), converted.size() * sizeof(T));
  }
  if (options_.training) device_.kernels<T>().fill(device_.stream(), momentum_.data(), momentum_.size(), 0);
}

template <class T>
void Net<T>::set_input(const T* pixels, const int32_t* labels, int count) {
  set_labels(labels, count);
  device_.upload(input_.data(), pixels, size_t(plan_.input.elements()) * count * sizeof(T));
}

template <class T>
void Net<T>::set_labels(const int32_t* labels, int count) {
  if (count < 1 || count > options_.batch)
    throw Error("Net", "a batch of " + std::to_string(count) + " images does not fit a net built for " +
                           std::to_string(options_.batch));
  count_ = count;
  device_.upload(labels_.data(), labels, size_t(count) * sizeof(int32_t));
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
          .kept = slot.kept,
          .labels = labels_.data()};
}

template <class T>
void Net<T>::run_forward(int layer) {
  ForwardPass<T> forward{pass(layer)};
  forward.output = slots_[layer].output;
  plan_.layers[layer].layer->forward(forward);
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
  plan_.layers[layer].layer->backward(backward);
  for (size_t i = 0; i < slot.add_to.size(); ++i) {
    if (slot.add_to[i] == nullptr) continue;
    const int input = plan_.layers[layer].inputs[i];
    const long elements = input < 0 ? plan_.input.elements() : plan_.layers[input].output.elements();
    device_.kernels<T>().add(device_.stream(), slot.input_gradients[i], slot.add_to[i], size_t(elements) * count_);
  }
}

template <class T>
void Net<T>::measure(LayerTimes* times) {
  times_ = times;
  if (times != nullptr) times->forward.resize(slots_.size()), times->backward.resize(slots_.size());
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
  return dynamic_cast<const LossLayer<T>&>(*plan_.layers.back().layer);
}

template <class T>
template <class U>
std::vector<U> Net<T>::download(const U* from, size_t elements) const {
  std::vector<U> values(elements);
  device_.download(values.data(), from, elements * sizeof(U));
  return values;
}

template <class T>
std::vector<double> Net<T>::losses() const {
  const std::vector<T> values = download<T>(slots_.back().output, size_t(count_));
  return {values.begin(), values.end()};
}

template <class T>
BatchResult Net<T>::result() const {
  BatchResult result{.count = count_};
  for (const double loss : losses()) result.loss += loss / count_;  // in the order of the images, always
  const int32_t* ranks = loss_layer().ranks(slots_.back().kept, count_);
  result.top1 = device_.kernels<T>().count_below(device_.stream(), ranks, size_t(count_), 1);
  result.top5 = device_.kernels<T>().count_below(device_.stream(), ranks, size_t(count_), 5);
  return result;
}

template <class T>
std::vector<T> Net<T>::probabilities() const {
  return download<T>(loss_layer().probabilities(slots_.back().kept, count_), size_t(count_) * plan_.classes);
}

template <class T>
std::vector<T> Net<T>::activation(int layer) const {
  return download<T>(slots_[layer].output, size_t(plan_.layers[layer].output.elements()) * count_);
}

template <class T>
std::vector<T> Net<T>::gradient(int layer) const {
  if (slots_[layer].output_gradient == nullptr) return {};
  return download<T>(slots_[layer].output_gradient, size_t(plan_.layers[layer].output.elements()) * count_);
}

template <class T>
std::vector<T> Net<T>::input_gradient() const {
  return download<T>(input_gradient_.data(), size_t(plan_.input.elements()) * count_);
}

template <class T>
std::string Net<T>::first_not_finite() {
  const auto finite = [&](const T* values, size_t elements) {
    return device_.kernels<T>().all_finite(device_.stream(), values, elements);
  };
  if (!finite(input_.data(), size_t(plan_.input.elements()) * count_)) return "input";
  for (int l = 0; l < int(slots_.size()); ++l) {
    const PlannedLayer<T>& layer = plan_.layers[l];
    for (size_t p = 0; p < layer.parameters.size(); ++p)
      if (!finite(slots_[l].parameters[p], size_t(layer.parameters[p].elements()))) return layer.name;
    run_forward(l);
    if (!finite(slots_[l].output, size_t(layer.output.elements()) * count_)) return layer.name;
  }
  return "";
}

template <class T>
std::string Net<T>::first_parameter_not_finite() const {
  for (const Parameter<T>& parameter : parameters_)
    if (!device_.kernels<T>().all_finite(device_.stream(), parameter.value, parameter.elements()))
      return parameter.name;
  return "";
}

template class Net<float>;
template class Net<double>;

}  // namespace tandem
