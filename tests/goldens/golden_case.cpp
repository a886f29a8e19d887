#include "tests/goldens/golden_case.h"

#include <algorithm>
#include <cstdlib>

#include "engine/core/error.h"

namespace tandem::test {
namespace {

std::vector<double> widen(const auto& values) { return std::vector<double>(values.begin(), values.end()); }

}  // namespace

GoldenCase::GoldenCase(std::shared_ptr<const SafetensorsFile> file, std::string name)
    : file_(std::move(file)), name_(std::move(name)) {
  const auto found = file_->metadata().find("case/" + name_);
  if (found == file_->metadata().end()) throw Error("goldens", "case '" + name_ + "' has no metadata");
  parameters_ = nlohmann::json::parse(found->second);
}

bool GoldenCase::has(const std::string& tensor) const { return file_->has(name_ + "." + tensor); }

const TensorInfo& GoldenCase::info(const std::string& tensor) const { return file_->info(name_ + "." + tensor); }

std::vector<long> GoldenCase::shape(const std::string& tensor) const { return info(tensor).shape; }

bool GoldenCase::rounded_to_float(const std::string& tensor) const { return info(tensor).dtype == "F32"; }

std::vector<double> GoldenCase::values(const std::string& tensor) const {
  const std::string full = name_ + "." + tensor, &dtype = info(tensor).dtype;
  if (dtype == "F64") return widen(file_->f64(full));
  if (dtype == "F32") return widen(file_->f32(full));
  if (dtype == "I64") return widen(file_->i64(full));
  if (dtype == "I32") return widen(file_->i32(full));
  return widen(file_->u8(full));
}

std::vector<int> GoldenCase::padding() const {
  if (parameters_.contains("pad4")) return parameters_.at("pad4");
  const std::vector<int> pad = parameters_.at("pad");
  return {pad.at(0), pad.at(1), pad.at(0), pad.at(1)};
}

bool GoldenCase::square() const {
  const auto same = [&](const char* key) { return parameters_.at(key).at(0) == parameters_.at(key).at(1); };
  return same("kernel") && same("stride");
}

std::vector<GoldenCase> read_goldens(const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> paths;
  if (std::filesystem::is_directory(folder))
    for (const auto& entry : std::filesystem::directory_iterator(folder))
      if (entry.path().extension() == ".safetensors") paths.push_back(entry.path());
  std::sort(paths.begin(), paths.end());
  std::vector<GoldenCase> cases;
  for (const auto& path : paths) {
    const auto file = std::make_shared<const SafetensorsFile>(path);
    const auto names = file->metadata().find("case_names");
    if (names == file->metadata().end()) throw Error(path.string(), "has no 'case_names' in its metadata");
    for (const std::string name : nlohmann::json::parse(names->second)) cases.emplace_back(file, name);
  }
  if (cases.empty())
    throw Error(folder.string(), "has no golden cases",
                "let TANDEM_GOLDENS name a folder of golden .safetensors files");
  return cases;
}

std::filesystem::path goldens_folder() {
  const char* folder = std::getenv("TANDEM_GOLDENS");
  return folder != nullptr && *folder != '\0' ? folder : TANDEM_TEST_DATA "/goldens";
}

}  // namespace tandem::test
