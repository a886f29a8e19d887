#include "engine/train/checkpoint.h"

#include <cinttypes>
#include <nlohmann/json.hpp>
#include <sstream>

#include "engine/core/error.h"
#include "engine/files/safetensors.h"

namespace tandem {
namespace {

using Json = nlohmann::json;

constexpr int kVersion = 1;
constexpr const char* kMomentumPrefix = "momentum/";
constexpr const char* kNormaliser = "normaliser";

template <class T>
std::span<const std::byte> bytes_of(const std::vector<T>& values) {
  return std::as_bytes(std::span(values));
}

std::string shape_text(const std::vector<long>& shape) {
  std::string text;
  for (const long d : shape) text += (text.empty() ? "" : "x") + std::to_string(d);
  return text;
}

Json header_json(const CheckpointHeader& header, const Normaliser& normaliser) {
  return {{"version", kVersion},
          {"net", header.net_toml},
          {"recipe", header.recipe_toml},
          {"recipe_hash", recipe_hash(header.recipe_toml)},
          {"step", header.state.step},
          {"tested_step", header.state.tested_step},
          {"plateau",
           {{"best_error", header.state.plateau.best_error},
            {"epochs_since_best", header.state.plateau.epochs_since_best},
            {"drops", header.state.plateau.drops}}},
          {"classes", header.class_names},
          {"image", {normaliser.format().height, normaliser.format().width, normaliser.format().channels}}};
}

CheckpointHeader parse_header(const Json& json) {
  CheckpointHeader header;
  header.net_toml = json.at("net").get<std::string>();
  header.recipe_toml = json.at("recipe").get<std::string>();
  header.state.step = json.at("step").get<long>();
  header.state.tested_step = json.at("tested_step").get<long>();
  const Json& plateau = json.at("plateau");
  header.state.plateau = {plateau.at("best_error").get<double>(), plateau.at("epochs_since_best").get<int>(),
                          plateau.at("drops").get<int>()};
  header.class_names = json.at("classes").get<std::vector<std::string>>();
  const auto image = json.at("image").get<std::array<int, 3>>();
  header.image = {image[0], image[1], image[2]};
  return header;
}

void load_tensor(const std::filesystem::path& path, const SafetensorsFile& file, const std::string& name,
                 const ParameterSpec& spec, Device& device, float* to) {
  if (!file.has(name)) throw Error(path.string(), "has no tensor '" + name + "'", "it is a checkpoint of another net");
  const TensorInfo& info = file.info(name);
  if (info.shape != spec.shape)
    throw Error(path.string(),
                "tensor '" + name + "' is " + shape_text(info.shape) + ", but the net's is " + shape_text(spec.shape),
                "it is a checkpoint of another net");
  device.upload(to, file.f32(name).data(), size_t(spec.elements()) * sizeof(float));
}

}  // namespace

void save_checkpoint(const std::filesystem::path& path, const Net<float>& net, const CheckpointHeader& header,
                     const Normaliser& normaliser) {
  std::vector<TensorToWrite> tensors;
  std::vector<std::vector<float>> copies;  // the device's memory need not be the host's
  copies.reserve(2 * net.parameters().size());
  const auto add = [&](const std::string& name, const Parameter<float>& parameter, const float* from) {
    copies.emplace_back(parameter.elements());
    net.device().download(copies.back().data(), from, copies.back().size() * sizeof(float));
    tensors.push_back({name, "F32", parameter.spec.shape, bytes_of(copies.back())});
  };
  for (const Parameter<float>& parameter : net.parameters()) add(parameter.name, parameter, parameter.value);
  for (const Parameter<float>& parameter : net.parameters())
    add(kMomentumPrefix + parameter.name, parameter, parameter.momentum);
  tensors.push_back({kNormaliser, "F32", {long(normaliser.values().size())}, bytes_of(normaliser.values())});
  write_safetensors(path, tensors, {{"tandem", header_json(header, normaliser).dump()}});
}

CheckpointHeader read_checkpoint_header(const std::filesystem::path& path) {
  const SafetensorsFile file(path);
  const auto entry = file.metadata().find("tandem");
  if (entry == file.metadata().end())
    throw Error(path.string(), "is a safetensors file, but not a checkpoint of Tandem");
  try {
    const Json json = Json::parse(entry->second);
    if (const int version = json.at("version").get<int>(); version != kVersion)
      throw Error(path.string(), "is a checkpoint of version " + std::to_string(version) + ", and this program reads " +
                                     std::to_string(kVersion));
    return parse_header(json);
  } catch (const Json::exception& e) {
    throw Error(path.string(), std::string("its header is damaged: ") + e.what());
  }
}

Normaliser read_normaliser(const std::filesystem::path& path, Subtract subtract) {
  const ImageFormat image = read_checkpoint_header(path).image;
  const SafetensorsFile file(path);
  const std::span<const float> values = file.f32(kNormaliser);
  return Normaliser(subtract, image, {values.begin(), values.end()});
}

void load_parameters(const std::filesystem::path& path, Net<float>& net) {
  const SafetensorsFile file(path);
  const size_t expected = 2 * net.parameters().size() + 1;
  if (file.tensors().size() > expected)
    throw Error(
        path.string(),
        "holds " + std::to_string(file.tensors().size()) + " tensors where the net has " + std::to_string(expected),
        "it is a checkpoint of another net");
  for (const Parameter<float>& parameter : net.parameters()) {
    load_tensor(path, file, parameter.name, parameter.spec, net.device(), parameter.value);
    if (parameter.momentum != nullptr)
      load_tensor(path, file, kMomentumPrefix + parameter.name, parameter.spec, net.device(), parameter.momentum);
  }
}

std::string recipe_hash(const std::string& recipe_toml) {
  std::istringstream lines(recipe_toml);
  uint64_t hash = 0xcbf29ce484222325;
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("epochs ") || line.starts_with("steps ")) continue;
    for (const char c : line + "\n") hash = (hash ^ uint8_t(c)) * 0x100000001b3;
  }
  char text[17];
  std::snprintf(text, sizeof text, "%016" PRIx64, hash);
  return text;
}

}  // namespace tandem
