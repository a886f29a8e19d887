#include "engine/files/file_descriptor.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <utility>

#include "engine/core/error.h"

namespace tandem {

FileDescriptor::FileDescriptor(const std::filesystem::path& path, int flags) : path_(path) {
  do {
    descriptor_ = ::open(path.c_str(), flags | O_CLOEXEC, 0666);
  } while (descriptor_ < 0 && errno == EINTR);
  if (descriptor_ < 0) fail("cannot be opened");
}

FileDescriptor::~FileDescriptor() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

FileDescriptor::FileDescriptor(FileDescriptor&& other) noexcept
    : path_(std::move(other.path_)), descriptor_(std::exchange(other.descriptor_, -1)) {}

size_t FileDescriptor::size() const {
  struct stat status;
  if (::fstat(descriptor_, &status) != 0) fail("cannot be examined");
  if (!S_ISREG(status.st_mode)) throw Error(path_.string(), "is not a regular file");
  return static_cast<size_t>(status.st_size);
}

void FileDescriptor::write(std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(descriptor_, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) fail("cannot be written");
    bytes = bytes.subspan(static_cast<size_t>(written));
  }
}

void FileDescriptor::sync() {
  // EINVAL: a file system that has nothing to sync, as some have for folders.
  if (::fsync(descriptor_) != 0 && errno != EINVAL) fail("cannot be synced to the disk");
}

void FileDescriptor::close() {
  if (::close(std::exchange(descriptor_, -1)) != 0) fail("cannot be closed");
}

void FileDescriptor::fail(const std::string& what) const {
  throw Error(path_.string(), what + ": " + std::generic_category().message(errno));
}

}  // namespace tandem
