// Files that appear whole or not at all: after a crash or on a full disk the old file is still there, untouched.
#pragma once
#include <cstddef>
#include <filesystem>
#include <optional>
#include <span>
#include <string_view>

#include "engine/files/file_descriptor.h"

namespace tandem {

// Writes to a temporary name in the same folder (rename is atomic only within one file system). commit() puts the bytes
// on the disk, renames, and syncs the folder, without which the rename itself could be lost. Without a commit, or after
// any failure, the temporary file is removed. Failures are Errors with path and reason; see FileDescriptor::write about
// the signal that a file-size limit raises. Two threads must not write the same path at once; two processes may.
class AtomicFile {
 public:
  explicit AtomicFile(const std::filesystem::path& path);
  ~AtomicFile();
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;

  void write(std::span<const std::byte> bytes);
  void write(std::string_view text);
  void commit();  // at most once, and nothing is written after it

 private:
  std::filesystem::path path_;
  std::filesystem::path temporary_;
  std::optional<FileDescriptor> file_;
  bool committed_ = false;
};

// Is this the name of what an AtomicFile has not committed yet: of any file, or of `path`? A process that is killed
// leaves it behind.
bool is_temporary(const std::filesystem::path& name);
bool is_temporary_of(const std::filesystem::path& name, const std::filesystem::path& path);

// The whole file in one call.
void write_file(const std::filesystem::path& path, std::string_view text);

}  // namespace tandem
