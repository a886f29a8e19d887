#include "engine/net/net_spec.h"

#include <set>

namespace tandem {
namespace {

ImageShape parse_input(const Options& file) {
  const Options input = file.table("input");
  return {input.count("height"), input.count("width"), input.count("channels")};
}

LayerSpec parse_layer(const Options& options, const std::set<std::string>& earlier, const std::string& previous) {
  LayerSpec layer{.name = options.text("name"), .type = options.text("type"), .inputs = {}, .options = options};
  if (layer.name.empty() || layer.name == "input" || layer.name.find_first_of(". \t\n/") != std::string::npos)
    throw UsageError(options.where("name"), "'" + layer.name + "' cannot be a layer's name",
                     "use letters, digits and dashes, and not 'input'");
  if (earlier.contains(layer.name))
    throw UsageError(options.where("name"), "two layers are called '" + layer.name + "'");
  layer.inputs = options.has("inputs") ? options.texts("inputs") : std::vector{previous};
  for (const std::string& input : layer.inputs)
    if (input != "input" && !earlier.contains(input))
      throw UsageError(options.where("inputs"), "'" + input + "' is not a layer that comes earlier in the file",
                       "list layers in the order in which they run; a net cannot have a cycle");
  return layer;
}

}  // namespace

NetSpec parse_net(const Options& file) {
  NetSpec net{.name = file.text("name"), .input = parse_input(file), .classes = file.count("classes"), .layers = {}};
  std::set<std::string> earlier;
  std::string previous = "input";
  for (const Options& options : file.tables("layer")) {
    net.layers.push_back(parse_layer(options, earlier, previous));
    previous = net.layers.back().name;
    earlier.insert(previous);
  }
  if (net.layers.empty()) throw UsageError(file.where(), "has no [[layer]]");
  return net;
}

}  // namespace tandem
