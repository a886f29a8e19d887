// TensorBoard's event files: a run's log, for people who watch their runs there.
//
// Format: records of {length, 8 bytes; masked CRC-32C of these; content; masked CRC-32C of that}, little-endian
// (TensorFlow, lib/io/record_writer.h). Each content is a protocol buffer, an Event of event.proto, whose fields here
// are wall_time = 1, step = 2, file_version = 3, summary = 5 { value = 1 { tag = 1, simple_value = 2 } } and
// session_log = 7 { status = 1 }.
#pragma once
#include <cstdint>
#include <filesystem>
#include <nlohmann/json_fwd.hpp>
#include <string_view>

#include "engine/files/file_descriptor.h"

namespace tandem {

// Handed to the system whole and at once, as JsonLog's lines are, so that a TensorBoard may follow the run.
class EventFile {
 public:
  // A new file in `folder`, which comes after those that are there, for a run that goes on after `step`: it tells
  // TensorBoard to forget what these have about later steps. At step 0 they are removed.
  EventFile(const std::filesystem::path& folder, long step);

  // The numbers of a line of the log, each under its own name, at the line's "step". Lists and objects inside it are
  // taken apart: {"a": {"b": 1}} is a/b.
  void write(const nlohmann::json& line);

 private:
  void write_event(std::string_view fields);

  FileDescriptor file_;
};

// The Castagnoli CRC, reflected, polynomial 0x1EDC6F41 (RFC 3720, appendix B.4).
uint32_t crc32c(std::string_view bytes);

}  // namespace tandem
