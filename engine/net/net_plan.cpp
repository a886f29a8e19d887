#include "engine/net/net_plan.h"

#include <map>
#include <set>

#include "engine/core/nearest_word.h"

namespace tandem {
namespace {

// What to do about a type that is not in the registry.
std::string suggest_type(const std::string& type, const auto& registry) {
  std::set<std::string> known;
  std::string list;
  for (const auto& entry : registry) {
    known.insert(entry.first);
    list += (list.empty() ? "" : ", ") + entry.first;
  }
  const std::string nearest = nearest_word(type, known);
  return (nearest.empty() ? "" : "did you mean " + nearest + "? ") + "The types are " + list;
}

// Appends one layer.
template <class T>
void plan_layer(const LayerSpec& spec, const LayerRegistry<T>& registry, const std::map<std::string, int>& numbers,
                NetPlan<T>& plan) {
  const auto factory = registry.find(spec.type);
  if (factory == registry.end())
    throw UsageError(spec.options.where("type"), "there is no layer type '" + spec.type + "'",
                     suggest_type(spec.type, registry));
  std::unique_ptr<Layer<T>> layer = factory->second(spec.options);
  spec.options.finish();
  std::vector<int> inputs;
  std::vector<ImageShape> shapes;
  for (const std::string& input : spec.inputs) {
    const int number = numbers.at(input);
    if (number >= 0 && dynamic_cast<const LossLayer<T>*>(plan.implementations[number].get()) != nullptr)
      throw UsageError(spec.options.where(), "reads '" + input + "', a loss, which gives nothing to read");
    inputs.push_back(number);
    shapes.push_back(number < 0 ? plan.input : plan.layers[number].output);
  }
  const ImageShape output = layer->plan(shapes);
  plan.layers.push_back({.name = spec.name,
                         .type = spec.type,
                         .inputs = inputs,
                         .output = output,
                         .parameters = layer->parameters(),
                         .needs = layer->needs(),
                         .multiply_adds = layer->multiply_adds()});
  plan.implementations.push_back(std::move(layer));
}

template <class T>
void check_ending(const NetSpec& spec, const NetPlan<T>& plan) {
  const PlannedLayer& last = plan.layers.back();
  const std::string where = spec.layers.back().options.where();
  if (dynamic_cast<const LossLayer<T>*>(plan.implementations.back().get()) == nullptr)
    throw UsageError(where, "the last layer is a " + last.type + ", which is not a loss",
                     "end the net with a softmax-cross-entropy layer");
  const int source = last.inputs[0];
  const ImageShape logits = source < 0 ? plan.input : plan.layers[source].output;
  if (logits.channels != plan.classes)
    throw UsageError(where,
                     "gets " + std::to_string(logits.channels) + " values, but the net has " +
                         std::to_string(plan.classes) + " classes",
                     "make the last fully-connected layer's outputs equal to classes");
}

void check_all_used(const NetSpec& spec, const NetOutline& plan) {
  std::vector<bool> used(plan.layers.size(), false);
  used.back() = true;
  for (const PlannedLayer& layer : plan.layers)
    for (const int input : layer.inputs)
      if (input >= 0) used[input] = true;
  for (size_t i = 0; i < used.size(); ++i)
    if (!used[i]) throw UsageError(spec.layers[i].options.where(), "nothing reads this layer's output");
}

}  // namespace

std::vector<ImageShape> NetOutline::input_shapes(size_t layer) const {
  std::vector<ImageShape> shapes;
  for (const int number : layers[layer].inputs) shapes.push_back(number < 0 ? input : layers[size_t(number)].output);
  return shapes;
}

long NetOutline::parameter_count() const {
  long count = 0;
  for (const PlannedLayer& layer : layers)
    for (const ParameterSpec& parameter : layer.parameters) count += parameter.elements();
  return count;
}

long NetOutline::multiply_adds() const {
  long count = 0;
  for (const PlannedLayer& layer : layers) count += layer.multiply_adds;
  return count;
}

template <class T>
NetPlan<T> plan_net(const NetSpec& spec, const LayerRegistry<T>& registry) {
  NetPlan<T> plan;
  plan.name = spec.name;
  plan.input = spec.input;
  plan.classes = spec.classes;
  std::map<std::string, int> numbers{{"input", -1}};
  for (const LayerSpec& layer : spec.layers) {
    plan_layer(layer, registry, numbers, plan);
    numbers[layer.name] = int(plan.layers.size()) - 1;
  }
  check_ending(spec, plan);
  check_all_used(spec, plan);
  return plan;
}

template NetPlan<float> plan_net(const NetSpec&, const LayerRegistry<float>&);
template NetPlan<bf16> plan_net(const NetSpec&, const LayerRegistry<bf16>&);
template NetPlan<double> plan_net(const NetSpec&, const LayerRegistry<double>&);

}  // namespace tandem
