#include "apps/model_folder.h"

#include <cstdlib>
#include <filesystem>
#include <optional>
#include <set>

#include "engine/core/error.h"
#include "engine/core/nearest_word.h"
#include "layers/registry.h"

namespace tandem {
namespace {

namespace fs = std::filesystem;

fs::path models_folder() {
  const char* folder = std::getenv("TANDEM_MODELS");
  return folder != nullptr && *folder != '\0' ? folder : TANDEM_MODELS_DIR;
}

bool is_model(const fs::path& folder) {
  std::error_code ignored;
  return fs::is_regular_file(folder / "net.toml", ignored) && fs::is_regular_file(folder / "recipe.toml", ignored);
}

std::set<std::string> known_models() {
  std::set<std::string> names;
  std::error_code none;  // a missing folder holds no models
  for (const fs::directory_entry& entry : fs::directory_iterator(models_folder(), none))
    if (is_model(entry.path())) names.insert(entry.path().filename().string());
  return names;
}

[[noreturn]] void refuse_unknown(const std::string& model) {
  const std::set<std::string> known = known_models();
  if (known.empty())
    throw UsageError("model '" + model + "'", "is not a folder with net.toml and recipe.toml",
                     "and there are no models in " + models_folder().string());
  const std::string nearest = nearest_word(model, known);
  std::string list;
  for (const std::string& name : known) list += (list.empty() ? "" : ", ") + name;
  throw UsageError("model '" + model + "'", "is neither a known model nor a folder with net.toml and recipe.toml",
                   (nearest.empty() ? "" : "did you mean " + nearest + "? ") + "Known are " + list);
}

// Nothing if there is no such model.
std::optional<fs::path> find_model(const std::string& model) {
  if (is_model(model)) return model;
  const fs::path own = models_folder() / model;
  const bool is_name = model.find('/') == std::string::npos && !model.starts_with('.');
  if (!is_name || !is_model(own)) return std::nullopt;
  return own;
}

struct Override {
  std::string key, value;
};

Override parse_override(const std::string& text) {
  const size_t equals = text.find('=');
  if (equals == std::string::npos || equals == 0)
    throw UsageError("--set " + text, "is not KEY=VALUE", "for example --set rate.base=0.1");
  return {text.substr(0, equals), text.substr(equals + 1)};
}

// The rest of `key` after `prefix` and a dot, if it begins with them.
std::optional<std::string> after(const std::string& prefix, const std::string& key) {
  if (!key.starts_with(prefix + ".")) return std::nullopt;
  return key.substr(prefix.size() + 1);
}

bool set_in_layer(const std::vector<Options>& layers, const Override& change) {
  for (Options layer : layers)
    if (const auto key = after(layer.text("name"), change.key)) {
      layer.set(*key, change.value);
      return true;
    }
  return false;
}

}  // namespace

ModelFolder load_model(const std::string& model, const std::vector<std::string>& overrides) {
  const std::optional<fs::path> folder = find_model(model);
  if (!folder) refuse_unknown(model);
  ModelFolder files{Options::parse_file(*folder / "net.toml"), Options::parse_file(*folder / "recipe.toml")};

  // Changes of the net as a whole come first: after that, its layers are handed out.
  std::vector<Override> others;
  for (const std::string& text : overrides) {
    const Override change = parse_override(text);
    if (const auto key = after("net", change.key))
      files.net.set(*key, change.value);
    else
      others.push_back(change);
  }
  const std::vector<Options> layers = files.net.tables("layer");
  for (const Override& change : others)
    if (!set_in_layer(layers, change)) files.recipe.set(change.key, change.value);
  return files;
}

bool model_exists(const std::string& model) { return find_model(model).has_value(); }

ModelFolder parse_model(const std::string& net_toml, const std::string& recipe_toml, const std::string& name) {
  return {Options::parse(net_toml, name + " (net)"), Options::parse(recipe_toml, name + " (recipe)")};
}

template <class T>
NetPlan<T> plan_model(const ModelFolder& model) {
  NetPlan<T> plan = plan_net<T>(parse_net(model.net), layer_registry<T>());
  model.net.finish();
  return plan;
}

template NetPlan<float> plan_model(const ModelFolder&);
template NetPlan<bf16> plan_model(const ModelFolder&);
template NetPlan<double> plan_model(const ModelFolder&);

std::unique_ptr<AnyNet<float>> build_net(const ModelFolder& model, Precision precision, Device& device,
                                         const NetOptions& options) {
  if (precision == Precision::bf16) return std::make_unique<Net<bf16>>(plan_model<bf16>(model), device, options);
  return std::make_unique<Net<float>>(plan_model<float>(model), device, options);
}

}  // namespace tandem
