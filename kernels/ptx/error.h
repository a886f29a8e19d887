// What the interpreter throws when it cannot go on: what failed, where, and what to do about it. (What a kernel does
// wrong is no error of the interpreter but a Problem, see problems.h.)
#pragma once
#include <stdexcept>
#include <string>

namespace tandem::ptx {

class Error : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// An error at a line of the PTX text.
[[noreturn]] inline void fail_at(int line, const std::string& message) {
  throw Error("PTX line " + std::to_string(line) + ": " + message);
}

}  // namespace tandem::ptx
