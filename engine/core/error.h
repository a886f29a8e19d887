// The one exception type of the project.
#pragma once
#include <stdexcept>
#include <string>

namespace tandem {

// What went wrong, where, and what to do about it, in one sentence each. what() joins them: "where: what; remedy".
class Error : public std::runtime_error {
 public:
  Error(const std::string& where, const std::string& what, const std::string& remedy = "")
      : std::runtime_error((where.empty() ? "" : where + ": ") + what + (remedy.empty() ? "" : "; " + remedy)) {}
};

// The command line or a file written by the user asks for something impossible. Exit code 2 instead of 1.
class UsageError : public Error {
  using Error::Error;
};

// Training produced a value that is not finite. Exit code 3.
class DivergedError : public Error {
  using Error::Error;
};

}  // namespace tandem
