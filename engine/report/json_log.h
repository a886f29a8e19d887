// A run's log.jsonl: one JSON object a line, appended as training goes.
#pragma once
#include <filesystem>
#include <nlohmann/json_fwd.hpp>

#include "engine/files/file_descriptor.h"

namespace tandem {

// A line is handed to the system whole and at once, so that whoever follows the file sees no half lines, and what was
// logged survives the program's death (not the machine's: lines are not synced). Failures, such as a full disk, are
// Errors. Numbers that are not finite become null, for JSON has no others.
class JsonLog {
 public:
  // Starts an empty log, in place of an old one.
  static JsonLog create(const std::filesystem::path& path);

  // Continues a log whose run is taken up again after `step`: the first line with a greater "step" and all that follow
  // are dropped, as is a last line that a crash cut short, so that nothing is logged twice. A log that is not there is
  // started; one that is damaged elsewhere is an Error.
  static JsonLog resume(const std::filesystem::path& path, long step);

  void write(const nlohmann::json& line);

 private:
  explicit JsonLog(FileDescriptor file) : file_(std::move(file)) {}
  FileDescriptor file_;
};

}  // namespace tandem
