#include "engine/files/atomic_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <string>

#include "engine/core/error.h"

namespace tandem {

namespace {

constexpr const char* kTemporary = ".tmp-";  // and the process's number

}  // namespace

AtomicFile::AtomicFile(const std::filesystem::path& path)
    : path_(path), temporary_(path.string() + kTemporary + std::to_string(::getpid())) {
  // Renaming onto a folder fails and onto a device replaces it: better refused now than after hours of work.
  std::error_code ignored;
  if (std::filesystem::exists(path_, ignored) && !std::filesystem::is_regular_file(path_, ignored))
    throw Error(path_.string(), "is not a regular file", "choose another name");
  file_.emplace(temporary_, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW);
}

AtomicFile::~AtomicFile() {
  if (!committed_) ::unlink(temporary_.c_str());
}

void AtomicFile::write(std::span<const std::byte> bytes) { file_->write(bytes); }

void AtomicFile::write(std::string_view text) { file_->write(std::as_bytes(std::span(text))); }

void AtomicFile::commit() {
  file_->sync();
  file_->close();
  std::error_code failure;
  std::filesystem::rename(temporary_, path_, failure);
  if (failure) throw Error(path_.string(), "cannot be replaced: " + failure.message());
  committed_ = true;
  const std::filesystem::path folder = path_.parent_path();
  FileDescriptor(folder.empty() ? "." : folder, O_RDONLY | O_DIRECTORY).sync();
}

bool is_temporary(const std::filesystem::path& name) {
  const std::string text = name.filename().string();
  const size_t mark = text.rfind(kTemporary);
  if (mark == std::string::npos || mark == 0) return false;
  const std::string process = text.substr(mark + std::string(kTemporary).size());
  return !process.empty() && process.find_first_not_of("0123456789") == std::string::npos;
}

bool is_temporary_of(const std::filesystem::path& name, const std::filesystem::path& path) {
  return is_temporary(name) && name.filename().string().starts_with(path.filename().string() + kTemporary);
}

void write_file(const std::filesystem::path& path, std::string_view text) {
  AtomicFile file(path);
  file.write(text);
  file.commit();
}

}  // namespace tandem
