#include "engine/report/log_series.h"

#include <fstream>
#include <limits>
#include <nlohmann/json.hpp>

#include "engine/core/error.h"

namespace tandem {
namespace {

double number(const nlohmann::json& value) {
  return value.is_null() ? std::numeric_limits<double>::quiet_NaN() : value.get<double>();
}

}  // namespace

Series read_series(const std::filesystem::path& log, const std::string& key, const std::string& name) {
  std::ifstream file(log, std::ios::binary);
  if (!file) throw Error(log.string(), "cannot be read");
  Series series{name, {}, {}};
  std::string line;
  for (long line_number = 1; std::getline(file, line); ++line_number) {
    try {
      const nlohmann::json entry = nlohmann::json::parse(line);
      const double epoch = entry.at("epoch").get<double>();
      if (!entry.contains(key)) continue;
      series.x.push_back(epoch);
      series.y.push_back(number(entry.at(key)));
    } catch (const nlohmann::json::exception&) {
      throw Error(log.string() + ":" + std::to_string(line_number), "is not a line of a run's log");
    }
  }
  return series;
}

}  // namespace tandem
