#include "apps/filter_picture.h"

#include <algorithm>

#include "engine/report/image_grid.h"

namespace tandem {
namespace {

constexpr int kFilterPixels = 44;  // a side of a filter's picture, at least where its own pixels divide it

// The convolution that reads the image itself; null if there is none.
const PlannedLayer* first_convolution(const NetOutline& plan) {
  const auto reads_image = [](const PlannedLayer& layer) { return layer.type == "convolution" && layer.inputs[0] < 0; };
  const auto found = std::find_if(plan.layers.begin(), plan.layers.end(), reads_image);
  return found == plan.layers.end() ? nullptr : &*found;
}

}  // namespace

int columns(const NetOutline& plan) {
  for (const PlannedLayer& layer : plan.layers) {
    if (layer.type != "convolution") continue;
    const int source = layer.inputs[0];
    const int channels = source < 0 ? plan.input.channels : plan.layers[size_t(source)].output.channels;
    const int groups = channels / int(layer.parameters[0].shape[3]);  // weights are [out][kh][kw][in / groups]
    if (groups > 1) return groups;
  }
  return 1;
}

std::optional<Image> filter_picture(const AnyNet<float>& net) {
  const PlannedLayer* layer = first_convolution(net.plan());
  if (layer == nullptr) return {};
  const auto weights = std::find_if(net.parameters().begin(), net.parameters().end(),
                                    [&](const auto& parameter) { return parameter.name == layer->name + ".weights"; });
  const auto& shape = weights->spec.shape;  // [out][kh][kw][in / groups]
  if (shape[3] != 1 && shape[3] != 3) return {};
  std::vector<float> values(weights->elements());
  net.device().download(values.data(), weights->value, values.size() * sizeof(float));
  const int groups = shape[0] % columns(net.plan()) == 0 ? columns(net.plan()) : 1;
  const int scale = std::max(1, kFilterPixels / int(std::max(shape[1], shape[2])));
  return filter_grid(values, int(shape[0]), int(shape[1]), int(shape[2]), int(shape[3]), 16, scale, groups);
}

}  // namespace tandem
