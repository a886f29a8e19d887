#include "engine/report/json_log.h"

#include <fcntl.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <string>

#include "engine/core/error.h"
#include "engine/files/atomic_file.h"

namespace tandem {

namespace {

constexpr int kAppend = O_WRONLY | O_CREAT | O_APPEND;

// What of the log belongs to the first `step` steps.
std::string lines_until(const std::filesystem::path& path, long step) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw Error(path.string(), "cannot be read");
  std::string kept, line;
  for (long number = 1; std::getline(file, line); ++number) {
    const nlohmann::json parsed = nlohmann::json::parse(line, nullptr, false);
    if (!parsed.is_object() && file.eof()) break;  // no newline at its end: a crash cut it short
    if (!parsed.is_object())
      throw Error(path.string() + ":" + std::to_string(number), "is not a JSON object",
                  "mend or remove the log before resuming");
    const auto found = parsed.find("step");
    if (found != parsed.end() && found->is_number() && found->get<double>() > static_cast<double>(step)) break;
    kept += line + "\n";
  }
  return kept;
}

}  // namespace

JsonLog JsonLog::create(const std::filesystem::path& path) { return JsonLog(FileDescriptor(path, kAppend | O_TRUNC)); }

JsonLog JsonLog::resume(const std::filesystem::path& path, long step) {
  if (std::filesystem::exists(path)) write_file(path, lines_until(path, step));
  return JsonLog(FileDescriptor(path, kAppend));
}

void JsonLog::write(const nlohmann::json& line) {
  const std::string text = line.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
  file_.write(std::as_bytes(std::span(text)));
}

}  // namespace tandem
