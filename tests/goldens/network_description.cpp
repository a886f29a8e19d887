#include "tests/goldens/network_description.h"

#include <map>

#include "engine/core/error.h"

namespace tandem::test {
namespace {

using Keys = std::vector<std::pair<std::string, std::string>>;  // of a layer's table: key and TOML value

std::string quoted(const std::string& text) { return '"' + text + '"'; }

// "fc1" for the first fully-connected layer as `params` has it; "relu4" for what has no parameters, by its place.
std::string layer_name(const std::string& op, size_t place, std::map<std::string, int>& learned) {
  return op == "conv" || op == "fc" ? op + std::to_string(++learned[op]) : op + std::to_string(place);
}

Keys layer_keys(const nlohmann::json& layer, size_t place) {
  const std::string op = layer.at("op");
  const auto value = [&](const char* key) { return layer.at(key).dump(); };  // a JSON number is a TOML number
  if (op == "conv")
    return {{"type", quoted("convolution")}, {"outputs", value("out")}, {"kernel", value("k")},
            {"stride", value("stride")},     {"pad", value("pad")},     {"groups", value("groups")}};
  if (op == "fc") return {{"type", quoted("fully-connected")}, {"outputs", value("out")}};
  if (op == "relu" || op == "sigmoid" || op == "tanh") return {{"type", quoted(op)}};
  if (op == "lrn")
    return {{"type", quoted("lrn")},
            {"n", value("n")},
            {"k", value("k")},
            {"alpha", value("alpha")},
            {"beta", value("beta")}};
  if (op == "maxpool")
    return {{"type", quoted("max-pool")},
            {"kernel", value("k")},
            {"stride", value("stride")},
            {"pad", value("pad")},
            {"rounding", quoted(layer.at("ceil_mode").get<bool>() ? "ceil" : "floor")}};
  if (op == "avgpool") return {{"type", quoted("average-pool")}, {"kernel", value("k")}, {"stride", value("stride")}};
  if (op == "gap") return {{"type", quoted("global-average-pool")}};
  if (op == "dropout_mask")
    return {
        {"type", quoted("dropout-mask")}, {"layer", std::to_string(place)}, {"p", value("p")}, {"rule", value("rule")}};
  throw Error("golden network", "layer '" + op + "' is unknown");
}

}  // namespace

NetworkDescription describe_network(const GoldenCase& golden) {
  const auto& p = golden.parameters();
  const auto in = p.at("in_shape").get<std::vector<int>>();
  NetworkDescription result;
  result.toml = "name = " + quoted(golden.name()) + "\nclasses = " + p.at("classes").dump() +
                "\ninput = { channels = " + std::to_string(in.at(0)) + ", height = " + std::to_string(in.at(1)) +
                ", width = " + std::to_string(in.at(2)) + " }\n";
  int engine_layer = -1;
  std::map<std::string, int> learned;
  const auto& layers = p.at("layers");
  for (size_t place = 0; place < layers.size(); ++place) {
    const std::string op = layers[place].at("op");
    if (op != "flatten") {
      ++engine_layer;
      result.toml += "\n[[layer]]\nname = " + quoted(layer_name(op, place, learned)) + "\n";
      for (const auto& [key, value] : layer_keys(layers[place], place)) result.toml += key + " = " + value + "\n";
    }
    result.engine_layers.push_back(engine_layer);
  }
  result.toml += "\n[[layer]]\nname = \"loss\"\ntype = \"softmax-cross-entropy\"\n";
  return result;
}

}  // namespace tandem::test
