// A file's bytes as memory: read by the kernel when touched, shared between processes, never copied.
#pragma once
#include <cstddef>
#include <filesystem>
#include <span>

namespace tandem {

// Page-aligned and read-only. An empty file is an empty span; whatever is not a regular file is refused with an Error.
// A file that somebody truncates while it is mapped ends the process (SIGBUS); files of ours are replaced, never cut.
class MappedFile {
 public:
  explicit MappedFile(const std::filesystem::path& path);
  ~MappedFile();
  MappedFile(MappedFile&& other) noexcept;
  MappedFile& operator=(MappedFile&&) = delete;

  std::span<const std::byte> bytes() const { return bytes_; }

 private:
  std::span<const std::byte> bytes_;
};

}  // namespace tandem
