// An open file whose every system call is checked: failures are Errors that name the path and the system's reason.
#pragma once
#include <cstddef>
#include <filesystem>
#include <span>
#include <string>

namespace tandem {

class FileDescriptor {
 public:
  // `flags` as in open(2), O_CLOEXEC is added; a file that is created gets the permissions 0666 less the umask.
  FileDescriptor(const std::filesystem::path& path, int flags);
  ~FileDescriptor();
  FileDescriptor(FileDescriptor&& other) noexcept;
  FileDescriptor& operator=(FileDescriptor&&) = delete;

  int get() const { return descriptor_; }
  size_t size() const;  // of a regular file; anything else is refused

  // Writes all bytes, however many calls it takes. Beyond RLIMIT_FSIZE the kernel raises SIGXFSZ, whose default ends
  // the process: a program that wants the Error instead (main() of `tandem` does) ignores that signal.
  void write(std::span<const std::byte> bytes);
  void sync();   // until the bytes are on the disk
  void close();  // what the destructor does, except that failure is reported

 private:
  [[noreturn]] void fail(const std::string& what) const;

  std::filesystem::path path_;
  int descriptor_ = -1;
};

}  // namespace tandem
