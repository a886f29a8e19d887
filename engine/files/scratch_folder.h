// A new folder for files that nobody needs later: gone with what is in it when this object is.
#pragma once
#include <filesystem>
#include <string>

namespace tandem {

class ScratchFolder {
 public:
  // Among the system's temporary files, its name beginning with `prefix`. Throws Error when it cannot be made.
  explicit ScratchFolder(const std::string& prefix);
  ~ScratchFolder();
  ScratchFolder(const ScratchFolder&) = delete;
  ScratchFolder& operator=(const ScratchFolder&) = delete;

  const std::filesystem::path& path() const { return path_; }
  std::filesystem::path operator/(const std::string& name) const { return path_ / name; }

 private:
  std::filesystem::path path_;
};

}  // namespace tandem
