#include "engine/train/checkpoint.h"

#include <cinttypes>
#include <cstdio>
#include <map>
#include <nlohmann/json.hpp>
#include <sstream>

#include "engine/core/error.h"
#include "engine/files/crc32.h"
#include "engine/files/safetensors.h"

namespace tandem {
namespace {

using Json = nlohmann::json;

constexpr int kVersion = 2;
constexpr int kDeepestHeader = 3;  // header > plateau > a number; header > colours > a list
constexpr const char* kHeader = "tandem";
constexpr const char* kHeaderChecksum = "tandem-crc32";
constexpr const char* kMomentumPrefix = "momentum/";
constexpr const char* kNormaliser = "normaliser";
constexpr const char* kWhenDamaged = "remove it, and a run goes on from the checkpoint before";

std::string hexadecimal(uint32_t checksum) {
  char text[9];
  std::snprintf(text, sizeof text, "%08" PRIx32, checksum);
  return text;
}

Json colours_json(const std::optional<ColourPca>& colours) {
  if (!colours) return nullptr;
  return {{"mean", colours->mean},
          {"covariance", colours->covariance},
          {"eigenvalues", colours->eigenvalues},
          {"eigenvectors", colours->eigenvectors}};
}

std::optional<ColourPca> parse_colours(const Json& json) {
  if (json.is_null()) return {};
  return ColourPca{json.at("mean").get<std::array<double, 3>>(), json.at("covariance").get<std::array<double, 9>>(),
                   json.at("eigenvalues").get<std::array<double, 3>>(),
                   json.at("eigenvectors").get<std::array<double, 9>>()};
}

Json header_json(const CheckpointHeader& header, const Normaliser& normaliser) {
  return {{"version", kVersion},
          {"net", header.net_toml},
          {"recipe", header.recipe_toml},
          {"recipe_hash", recipe_hash(header.recipe_toml)},
          {"step", header.state.step},
          {"tested_step", header.state.tested_step},
          {"best_step", header.state.best_step},
          {"plateau",
           {{"best_error", header.state.plateau.best_error},
            {"epochs_since_best", header.state.plateau.epochs_since_best},
            {"drops", header.state.plateau.drops}}},
          {"classes", header.class_names},
          {"image", {normaliser.format().height, normaliser.format().width, normaliser.format().channels}},
          {"colours", colours_json(header.colours)}};
}

CheckpointHeader parse_header(const Json& json) {
  CheckpointHeader header;
  header.net_toml = json.at("net").get<std::string>();
  header.recipe_toml = json.at("recipe").get<std::string>();
  header.state.step = json.at("step").get<long>();
  header.state.tested_step = json.at("tested_step").get<long>();
  header.state.best_step = json.at("best_step").get<long>();
  const Json& plateau = json.at("plateau");
  header.state.plateau = {plateau.at("best_error").get<double>(), plateau.at("epochs_since_best").get<int>(),
                          plateau.at("drops").get<int>()};
  header.class_names = json.at("classes").get<std::vector<std::string>>();
  const auto image = json.at("image").get<std::array<int, 3>>();
  header.image = {image[0], image[1], image[2]};
  header.colours = parse_colours(json.at("colours"));
  return header;
}

// A checkpoint being read. Each part is held against its checksum when it is asked for, so nobody gets damaged numbers
// and nothing is read twice.
class CheckpointFile {
 public:
  explicit CheckpointFile(const std::filesystem::path& path) : where_(path.string()), file_(path) {
    const auto entry = file_.metadata().find(kHeader);
    if (entry == file_.metadata().end()) throw Error(where_, "is a safetensors file, but not a checkpoint of Tandem");
    const std::string& text = entry->second;
    try {
      const Json json = Json::parse(text, [&](int depth, Json::parse_event_t, Json&) {
        if (depth > kDeepestHeader) throw Error(where_, "its header is damaged: it is nested too deeply");
        return true;
      });
      if (const int version = json.at("version").get<int>(); version != kVersion)
        throw Error(where_, "is a checkpoint of version " + std::to_string(version) + ", and this program reads " +
                                std::to_string(kVersion));
      const auto checksum = file_.metadata().find(kHeaderChecksum);
      check(kHeader, std::as_bytes(std::span(text)), checksum == file_.metadata().end() ? "none" : checksum->second);
      header_ = parse_header(json);
      checksums_ = json.at("checksums").get<std::map<std::string, std::string>>();
    } catch (const Json::exception& e) {
      throw Error(where_, std::string("its header is damaged: ") + e.what());
    }
    const TrainState& state = header_.state;
    for (const long step : {state.tested_step, state.best_step})
      if (step < 0 || step > state.step) throw Error(where_, "its header is damaged: its steps cannot be");
  }

  const CheckpointHeader& header() const { return header_; }
  size_t tensors() const { return file_.tensors().size(); }
  bool has(const std::string& name) const { return file_.has(name); }
  const TensorInfo& info(const std::string& name) const { return file_.info(name); }

  std::span<const float> values(const std::string& name) const {
    const std::span<const float> values = file_.f32(name);
    const auto checksum = checksums_.find(name);
    check(name, std::as_bytes(values), checksum == checksums_.end() ? "none" : checksum->second);
    return values;
  }

 private:
  void check(const std::string& part, std::span<const std::byte> bytes, const std::string& expected) const {
    if (const std::string actual = hexadecimal(crc32(bytes)); actual != expected)
      throw Error(where_,
                  "is damaged: the checksum of '" + part + "' is " + actual + " where " + expected + " is noted",
                  kWhenDamaged);
  }

  std::string where_;
  SafetensorsFile file_;
  CheckpointHeader header_;
  std::map<std::string, std::string> checksums_;
};

void upload(std::span<const float> values, Device& device, float* to) {
  device.upload(to, values.data(), values.size_bytes());
}

void load_tensor(const std::filesystem::path& path, const CheckpointFile& file, const std::string& name,
                 const ParameterSpec& spec, Device& device, float* to) {
  if (!file.has(name)) throw Error(path.string(), "has no tensor '" + name + "'", "it is a checkpoint of another net");
  const TensorInfo& info = file.info(name);
  if (info.shape != spec.shape)
    throw Error(path.string(),
                "tensor '" + name + "' is " + shape_text(info.shape) + ", but the net's is " + shape_text(spec.shape),
                "it is a checkpoint of another net");
  upload(file.values(name), device, to);
}

}  // namespace

void save_checkpoint(const std::filesystem::path& path, const AnyNet<float>& net, const CheckpointHeader& header,
                     const Normaliser& normaliser) {
  std::vector<TensorToWrite> tensors;
  std::map<std::string, std::string> checksums;
  const auto add = [&](const std::string& name, const std::vector<long>& shape, std::span<const float> values) {
    const std::span<const std::byte> bytes = std::as_bytes(values);
    tensors.push_back({name, "F32", shape, bytes});
    checksums[name] = hexadecimal(crc32(bytes));
  };
  std::vector<std::vector<float>> copies;  // the device's memory need not be the host's
  copies.reserve(2 * net.parameters().size());
  const auto add_copy = [&](const std::string& name, const Parameter<float>& parameter, const float* from) {
    std::vector<float>& copy = copies.emplace_back(parameter.elements());
    net.device().download(copy.data(), from, copy.size() * sizeof(float));
    add(name, parameter.spec.shape, copy);
  };
  for (const Parameter<float>& parameter : net.parameters()) add_copy(parameter.name, parameter, parameter.value);
  for (const Parameter<float>& parameter : net.parameters())
    add_copy(kMomentumPrefix + parameter.name, parameter, parameter.momentum);
  add(kNormaliser, {long(normaliser.values().size())}, normaliser.values());

  Json json = header_json(header, normaliser);
  json["checksums"] = checksums;
  const std::string text =
      json.dump(-1, ' ', false, Json::error_handler_t::replace);  // folders' names need not be UTF-8
  write_safetensors(path, tensors,
                    {{kHeader, text}, {kHeaderChecksum, hexadecimal(crc32(std::as_bytes(std::span(text))))}});
}

CheckpointHeader read_checkpoint_header(const std::filesystem::path& path) { return CheckpointFile(path).header(); }

Normaliser read_normaliser(const std::filesystem::path& path, Subtract subtract) {
  const CheckpointFile file(path);
  const std::span<const float> values = file.values(kNormaliser);
  return Normaliser(subtract, file.header().image, {values.begin(), values.end()});
}

void load_parameters(const std::filesystem::path& path, AnyNet<float>& net) {
  const CheckpointFile file(path);
  const size_t expected = 2 * net.parameters().size() + 1;
  if (file.tensors() > expected)
    throw Error(path.string(),
                "holds " + std::to_string(file.tensors()) + " tensors where the net has " + std::to_string(expected),
                "it is a checkpoint of another net");
  for (const Parameter<float>& parameter : net.parameters()) {
    load_tensor(path, file, parameter.name, parameter.spec, net.device(), parameter.value);
    if (parameter.momentum != nullptr)
      load_tensor(path, file, kMomentumPrefix + parameter.name, parameter.spec, net.device(), parameter.momentum);
  }
  net.parameters_changed();
}

FittingLayers load_fitting_layers(const std::filesystem::path& path, AnyNet<float>& net) {
  const CheckpointFile file(path);
  FittingLayers layers;
  std::map<std::string, const Parameter<float>*> by_name;
  for (const Parameter<float>& parameter : net.parameters()) by_name[parameter.name] = &parameter;
  for (const PlannedLayer& layer : net.plan().layers) {
    if (layer.parameters.empty()) continue;
    std::string misfit;
    for (const ParameterSpec& spec : layer.parameters) {
      const std::string name = layer.name + "." + spec.name;
      if (!misfit.empty()) break;
      if (!file.has(name))
        misfit = "no " + name + " there";
      else if (file.info(name).shape != spec.shape)
        misfit = name + " is " + shape_text(file.info(name).shape) + " there, " + shape_text(spec.shape) + " here";
    }
    if (!misfit.empty()) {
      layers.anew.push_back({layer.name, misfit});
      continue;
    }
    for (const ParameterSpec& spec : layer.parameters) {
      const Parameter<float>& parameter = *by_name.at(layer.name + "." + spec.name);
      upload(file.values(parameter.name), net.device(), parameter.value);
    }
    layers.taken.push_back(layer.name);
  }
  net.parameters_changed();
  return layers;
}

std::string recipe_hash(const std::string& recipe_toml) {
  std::istringstream lines(recipe_toml);
  uint64_t hash = 0xcbf29ce484222325;
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("epochs ") || line.starts_with("steps ") || line == "precision = 'float32'") continue;
    for (const char c : line + "\n") hash = (hash ^ uint8_t(c)) * 0x100000001b3;
  }
  char text[17];
  std::snprintf(text, sizeof text, "%016" PRIx64, hash);
  return text;
}

}  // namespace tandem
