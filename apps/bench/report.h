// Where the figures of `tandem bench` go.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "apps/bench/record.h"
#include "apps/commands.h"

namespace tandem {

struct OutputArguments {
  std::string json;     // a file; "-": standard output, and nothing else there; empty: none
  std::string compare;  // an earlier run's file; empty: none
};
void add_json_argument(CLI::App& parser, OutputArguments& arguments);  // --json alone
void add_output_arguments(CLI::App& parser, OutputArguments& arguments);

// What every figure comes with: benchmark ("ops", "net", ...), machine, versions and the command line.
nlohmann::json bench_setting(const std::string& benchmark);
nlohmann::json bench_setting(const std::string& benchmark, const Device& device);

// What --set changes, but for the precision, which a setting has anyway.
std::vector<std::string> changes_of(const ModelArguments& arguments);

// Tries and reads what the user named before anything is measured: a mistake should not cost minutes.
class Report {
 public:
  // Throws UsageError where the earlier run did not measure the same.
  Report(const OutputArguments& arguments, nlohmann::json setting);

  void note(const std::string& key, const nlohmann::json& value) { setting_[key] = value; }  // measured meanwhile
  void finish(const std::string& text, const std::vector<Row>& rows);

 private:
  const bool only_json_;
  const std::string file_;  // empty: none
  nlohmann::json setting_;
  std::optional<Record> before_;
};

}  // namespace tandem
