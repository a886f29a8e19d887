#include "tests/goldens/network_model.h"

#include <cmath>
#include <numeric>

#include "engine/core/error.h"
#include "layers/registry.h"
#include "tests/goldens/generator.h"
#include "tests/stored.h"

namespace tandem::test {
namespace {

ImageShape output_shape(const NetOutline& plan, int layer) {
  return layer < 0 ? plan.input : plan.layers.at(layer).output;
}

// "conv1.w" is the engine's "conv1.weights".
template <class A>
const Parameter<A>& find_parameter(const AnyNet<A>& net, const std::string& name) {
  const std::string wanted = name.substr(0, name.size() - 2) + (name.ends_with(".w") ? ".weights" : ".biases");
  for (const Parameter<A>& candidate : net.parameters())
    if (candidate.name == wanted) return candidate;
  throw Error("golden network", "the net has no parameter " + wanted);
}

template <class T>
void require_size(const std::string& what, T actual, T expected) {
  if (actual != expected)
    throw Error("golden network",
                what + " has " + std::to_string(actual) + " elements where the golden has " + std::to_string(expected));
}

}  // namespace

std::string two_digits(size_t number) { return (number < 10 ? "0" : "") + std::to_string(number); }

template <class T>
NetworkModel<T>::NetworkModel(const GoldenCase& golden, Device& device)
    : golden_(golden),
      device_(device),
      description_(describe_network(golden)),
      batch_(golden.parameters().at("batch")) {
  for (size_t l = 0; l < layers(); ++l)
    if (golden.has("mask." + two_digits(l))) masks_[int(l)] = golden.values("mask." + two_digits(l));
  const auto& p = golden.parameters();
  const auto in = p.at("in_shape").template get<std::vector<int>>();
  input_shape_ = {in.at(1), in.at(2), in.at(0)};
  input_ = generate_all(p.at("input_t"), batch_ * input_shape_.elements(), p.at("input_scale"));
  const uint64_t label_t = p.at("label_t"), classes = p.at("classes");
  for (int n = 0; n < batch_; ++n) labels_.push_back(int32_t(splitmix64((label_t << 32) + uint64_t(n)) % classes));
}

template <class T>
std::vector<double> NetworkModel<T>::generated(const nlohmann::json& parameter) {
  const auto shape = parameter.at("shape").get<std::vector<long>>();
  const long elements = std::accumulate(shape.begin(), shape.end(), 1L, std::multiplies<>());
  return generate_all(parameter.at("t"), elements, parameter.at("scale"));
}

// A fully-connected layer's weights follow the image it reads; a convolution's are OIHW; biases have one dimension.
template <class T>
ChannelLayout NetworkModel<T>::layout(const Net<T>& net, const nlohmann::json& parameter) const {
  const auto shape = parameter.at("shape").template get<std::vector<long>>();
  if (shape.size() != 2) return ChannelLayout::of(shape);
  const PlannedLayer& layer = net.plan().layers.at(description_.engine_layers.at(parameter.at("layer")));
  return ChannelLayout::of_images(shape[0], output_shape(net.plan(), layer.inputs.at(0)));
}

template <class T>
std::vector<double> NetworkModel<T>::nudged_input(uint64_t nudge) const {
  if (nudge == 0) return input_;
  Values nudged = input_;
  for (size_t i = 0; i < nudged.size(); ++i) {
    const uint64_t draw = splitmix64((nudge << 32) + i) % 3;
    if (draw < 2) nudged[i] = std::nextafter(float(nudged[i]), draw == 0 ? -HUGE_VALF : HUGE_VALF);
  }
  return nudged;
}

template <class T>
Net<T> NetworkModel<T>::make_net(const NetOptions& options, uint64_t nudge) const {
  const Options file = Options::parse(description_.toml, golden_.name());
  NetPlan<T> plan = plan_net<T>(parse_net(file), with_dropout_mask(layer_registry<T>(), masks_));
  file.finish();
  Net<T> net(std::move(plan), device_, options);
  require_size("the list of parameters", net.parameters().size(), parameters().size());
  for (const auto& p : parameters()) {
    const Values values = layout(net, p).channels_last(generated(p));
    const Parameter<A>& parameter = find_parameter<A>(net, p.at("name"));
    require_size(parameter.name, parameter.elements(), values.size());
    const std::vector<A> rounded = all_to<A>(values);
    device_.upload(parameter.value, rounded.data(), rounded.size() * sizeof(A));
  }
  net.parameters_changed();
  const Values x = ChannelLayout::of_images(batch_, input_shape_).channels_last(nudged_input(nudge));
  net.set_input(all_to<A>(x).data(), labels_.data(), batch_);
  return net;
}

template <class T>
std::vector<double> NetworkModel<T>::gradient(const Net<T>& net, const nlohmann::json& parameter) const {
  const Parameter<A>& from = find_parameter<A>(net, parameter.at("name"));
  std::vector<A> values(from.elements());
  device_.download(values.data(), from.gradient, values.size() * sizeof(A));
  return layout(net, parameter).channels_first(values_of(values));
}

template <class T>
std::vector<double> NetworkModel<T>::activation(const Net<T>& net, size_t golden_layer) const {
  const int layer = description_.engine_layers.at(golden_layer);
  if (layer < 0) return input_;
  return ChannelLayout::of_images(batch_, output_shape(net.plan(), layer))
      .channels_first(values_of(net.activation(layer)));
}

template <class T>
std::vector<double> NetworkModel<T>::input_gradient(const Net<T>& net) const {
  return ChannelLayout::of_images(batch_, input_shape_).channels_first(values_of(net.input_gradient()));
}

template class NetworkModel<float>;
template class NetworkModel<bf16>;
template class NetworkModel<double>;

}  // namespace tandem::test
