#include "apps/bench/report.h"

#include <ctime>
#include <fstream>
#include <iostream>

#include "apps/machine.h"
#include "engine/core/error.h"
#include "engine/device/gemm_cpu.h"
#include "engine/files/atomic_file.h"

namespace tandem {
namespace {

// As it was typed, but for quotes.
std::string command_line() {
  std::ifstream file("/proc/self/cmdline");
  std::string line;
  for (std::string word; std::getline(file, word, '\0');) line += (line.empty() ? "" : " ") + word;
  return line;
}

std::string now() {
  const std::time_t seconds = std::time(nullptr);
  char text[32];
  std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", std::gmtime(&seconds));
  return text;
}

}  // namespace

void add_json_argument(CLI::App& parser, OutputArguments& arguments) {
  parser.add_option(
      "--json", arguments.json,
      "Also write everything there: machine, versions, command, each round; -: to standard output, alone");
}

void add_output_arguments(CLI::App& parser, OutputArguments& arguments) {
  add_json_argument(parser, arguments);
  parser.add_option("--compare", arguments.compare,
                    "Show what changed since an earlier run, whose --json wrote this file");
}

nlohmann::json bench_setting(const std::string& benchmark) {
  return {{"benchmark", benchmark},
          {"command", command_line()},
          {"when", now()},
          {"version", TANDEM_VERSION},
          {"build", TANDEM_BUILD_TYPE},
          {"compiler", compiler()},
          {"gemm", "oneDNN " + onednn_version()},
          {"processor", processor_name()}};
}

nlohmann::json bench_setting(const std::string& benchmark, const Device& device) {
  nlohmann::json setting = bench_setting(benchmark);
  setting["device"] = device.description();
  setting["threads"] = device.threads();
  return setting;
}

std::vector<std::string> changes_of(const ModelArguments& arguments) {
  std::vector<std::string> changes = arguments.overrides;
  std::erase_if(changes, [](const std::string& change) { return change.starts_with("precision="); });
  return changes;
}

Report::Report(const OutputArguments& arguments, nlohmann::json setting)
    : only_json_(arguments.json == "-"), file_(only_json_ ? "" : arguments.json), setting_(std::move(setting)) {
  if (only_json_ && !arguments.compare.empty())
    throw UsageError("--compare", "has no place beside --json -", "name a file for --json");
  if (!arguments.compare.empty()) {
    before_ = read_record(arguments.compare);
    check_comparable(arguments.compare, before_->setting, setting_);
  }
  if (!file_.empty()) {
    const AtomicFile tried(file_);  // and removed at once: nothing lies beside the user's file while it measures
  }
}

void Report::finish(const std::string& text, const std::vector<Row>& rows) {
  const Record record{.setting = setting_, .rows = rows};
  const std::string json = to_json(record).dump(1) + "\n";
  std::cout << (only_json_ ? json : text);
  if (!file_.empty()) write_file(file_, json);
  if (before_ && !only_json_)
    std::cout << "\nSince " << before_->setting.value("when", "then") << "\n\n" << comparison(*before_, record);
}

}  // namespace tandem
