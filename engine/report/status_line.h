// What a program is about, on a terminal: a line on standard error that is rewritten, and gone in the end.
#pragma once
#include <unistd.h>

#include <iostream>
#include <string>

namespace tandem {

class StatusLine {
 public:
  StatusLine() = default;
  ~StatusLine() { clear(); }
  StatusLine(const StatusLine&) = delete;
  StatusLine& operator=(const StatusLine&) = delete;

  void show(const std::string& text) const {
    if (shown_) std::cerr << kClear << text << std::flush;
  }
  void clear() const {
    if (shown_) std::cerr << kClear << std::flush;
  }

 private:
  static constexpr const char* kClear = "\r\033[K";
  const bool shown_ = isatty(STDERR_FILENO) != 0;
};

}  // namespace tandem
