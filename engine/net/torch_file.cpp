#include "engine/net/torch_file.h"

#include <algorithm>
#include <cmath>
#include <set>

#include "engine/core/error.h"
#include "engine/files/safetensors.h"

namespace tandem {
namespace {

constexpr const char* kOther = "it belongs to another network";

// The number of the layer with which `classifier` begins.
size_t classifier_begin(const NetOutline& plan) {
  const auto& layers = plan.layers;
  const auto first = std::find_if(layers.begin(), layers.end(),
                                  [](const PlannedLayer& layer) { return layer.type == "fully-connected"; });
  const size_t number = size_t(first - layers.begin());
  return first != layers.end() && number > 0 && layers[number - 1].type == "dropout" ? number - 1 : number;
}

TorchTensor torch_tensor(const NetOutline& plan, const PlannedLayer& layer, const ParameterSpec& spec,
                         const std::string& module) {
  TorchTensor tensor{.name = module + (spec.is_bias() ? ".bias" : ".weight"), .shape = spec.shape};
  if (layer.type == "convolution") {
    if (spec.is_bias()) return tensor;
    tensor.pixels = spec.shape[1] * spec.shape[2];
    tensor.channels = spec.shape[3];
    tensor.shape = {spec.shape[0], spec.shape[3], spec.shape[1], spec.shape[2]};
  } else if (layer.type == "fully-connected") {
    if (spec.is_bias()) return tensor;
    const int source = layer.inputs[0];
    const ImageShape& input = source < 0 ? plan.input : plan.layers[size_t(source)].output;
    tensor.pixels = long(input.height) * input.width;
    tensor.channels = input.channels;
  } else {
    throw UsageError("layer " + layer.name, "is " + layer.type + ", a layer that PyTorch does not have");
  }
  return tensor;
}

// [...][rows][columns] to [...][columns][rows].
std::vector<float> transposed(std::span<const float> values, long rows, long columns) {
  std::vector<float> result(values.size());
  for (size_t start = 0; start < values.size(); start += size_t(rows) * columns)
    for (long r = 0; r < rows; ++r)
      for (long c = 0; c < columns; ++c) result[start + c * rows + r] = values[start + r * columns + c];
  return result;
}

void check_no_others(const SafetensorsFile& file, const std::vector<TorchTensor>& tensors, const std::string& where) {
  std::set<std::string> known;
  for (const TorchTensor& tensor : tensors) known.insert(tensor.name);
  for (const auto& [name, unused] : file.tensors())
    if (!known.contains(name)) throw Error(where, "holds a tensor '" + name + "', which the net does not have", kOther);
}

std::span<const float> values_of(const SafetensorsFile& file, const TorchTensor& tensor, const std::string& where) {
  if (!file.has(tensor.name)) throw Error(where, "has no tensor '" + tensor.name + "'", kOther);
  if (const TensorInfo& info = file.info(tensor.name); info.shape != tensor.shape)
    throw Error(
        where,
        "tensor '" + tensor.name + "' is " + shape_text(info.shape) + ", but the net's is " + shape_text(tensor.shape),
        kOther);
  const std::span<const float> values = file.f32(tensor.name);
  if (!std::all_of(values.begin(), values.end(), [](float value) { return std::isfinite(value); }))
    throw Error(where, "tensor '" + tensor.name + "' holds a value that is not finite");
  return values;
}

}  // namespace

std::vector<TorchTensor> torch_tensors(const NetOutline& plan) {
  const size_t begin = classifier_begin(plan);
  std::vector<TorchTensor> tensors;
  for (size_t l = 0; l < plan.layers.size(); ++l) {
    const std::string module = l < begin ? "features." + std::to_string(l) : "classifier." + std::to_string(l - begin);
    for (const ParameterSpec& spec : plan.layers[l].parameters)
      tensors.push_back(torch_tensor(plan, plan.layers[l], spec, module));
  }
  return tensors;
}

void write_torch_file(const std::filesystem::path& path, const AnyNet<float>& net) {
  const std::vector<TorchTensor> tensors = torch_tensors(net.plan());
  std::vector<TensorToWrite> to_write;
  std::vector<std::vector<float>> copies;
  copies.reserve(tensors.size());
  for (size_t p = 0; p < tensors.size(); ++p) {
    const Parameter<float>& parameter = net.parameters()[p];
    std::vector<float> values(parameter.elements());
    net.device().download(values.data(), parameter.value, values.size() * sizeof(float));
    copies.push_back(transposed(values, tensors[p].pixels, tensors[p].channels));
    to_write.push_back({tensors[p].name, "F32", tensors[p].shape, std::as_bytes(std::span(copies.back()))});
  }
  write_safetensors(path, to_write, {{"format", "pt"}});  // as PyTorch's own files say
}

void read_torch_file(const std::filesystem::path& path, AnyNet<float>& net) {
  const SafetensorsFile file(path);
  const std::vector<TorchTensor> tensors = torch_tensors(net.plan());
  for (size_t p = 0; p < tensors.size(); ++p) {
    const std::vector<float> values =
        transposed(values_of(file, tensors[p], path.string()), tensors[p].channels, tensors[p].pixels);
    net.device().upload(net.parameters()[p].value, values.data(), values.size() * sizeof(float));
  }
  net.parameters_changed();
  check_no_others(file, tensors, path.string());
}

}  // namespace tandem
