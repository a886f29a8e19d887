// The golden files of a folder, case by case. Format: tests/data/goldens/README.md.
#pragma once
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "engine/files/safetensors.h"

namespace tandem::test {

class GoldenCase {
 public:
  GoldenCase(std::shared_ptr<const SafetensorsFile> file, std::string name);

  const std::string& name() const { return name_; }
  const nlohmann::json& parameters() const { return parameters_; }
  std::string op() const { return parameters_.at("op"); }

  bool has(const std::string& tensor) const;
  std::vector<long> shape(const std::string& tensor) const;
  std::vector<double> values(const std::string& tensor) const;  // of any type, exactly
  double scalar(const std::string& tensor) const { return values(tensor).at(0); }
  bool rounded_to_float(const std::string& tensor) const;  // stored as F32

  // The case's `pad` ([height, width]) or `pad4` as [top, left, bottom, right].
  std::vector<int> padding() const;
  // Its kernel and stride are the same in both directions.
  bool square() const;

 private:
  const TensorInfo& info(const std::string& tensor) const;

  std::shared_ptr<const SafetensorsFile> file_;
  std::string name_;
  nlohmann::json parameters_;
};

// The cases of every .safetensors file in the folder, by file name and then in the file's own order. Throws Error where
// there are none.
std::vector<GoldenCase> read_goldens(const std::filesystem::path& folder);

// The folder that the environment's TANDEM_GOLDENS names, else the source tree's.
std::filesystem::path goldens_folder();

}  // namespace tandem::test
