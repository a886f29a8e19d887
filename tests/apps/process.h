// Runs the built program, as a user would, in folders that are gone afterwards.
#pragma once
#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "tests/temporary_folder.h"

namespace tandem {

namespace fs = std::filesystem;

struct Outcome {
  int code;
  std::string out, error;
};

// Runs a program by the shell; `arguments` is quoted for it.
inline Outcome run_program(const std::string& program, const std::string& arguments, const std::string& environment) {
  const TemporaryFolder scratch;
  const std::string command = environment + " '" + program + "' " + arguments + " >'" +
                              (scratch.path() / "out").string() + "' 2>'" + (scratch.path() / "error").string() + "'";
  const int status = std::system(command.c_str());
  REQUIRE(WIFEXITED(status));
  return {WEXITSTATUS(status), read_whole(scratch / "out"), read_whole(scratch / "error")};
}

inline Outcome tandem(const std::string& arguments, const std::string& environment = "") {
  return run_program(TANDEM_BINARY, arguments, environment);
}

// Nothing but one sentence on standard error, which names the culprit.
inline void check_refused(const Outcome& outcome, int code, const std::string& culprit) {
  INFO(outcome.error);
  CHECK(outcome.code == code);
  CHECK(outcome.out.empty());
  CHECK(outcome.error.starts_with("tandem: "));
  CHECK(std::count(outcome.error.begin(), outcome.error.end(), '\n') == 1);
  CHECK(outcome.error.ends_with('\n'));
  CHECK_THAT(outcome.error, Catch::Contains(culprit));
}

// The program running beside the test, silently.
class RunningTandem {
 public:
  explicit RunningTandem(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), TANDEM_BINARY);
    std::vector<char*> argv;
    for (std::string& argument : arguments) argv.push_back(argument.data());
    argv.push_back(nullptr);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    for (const int descriptor : {STDOUT_FILENO, STDERR_FILENO})
      posix_spawn_file_actions_addopen(&actions, descriptor, "/dev/null", O_WRONLY, 0);
    const int status = posix_spawn(&process_, TANDEM_BINARY, &actions, nullptr, argv.data(), environ);
    posix_spawn_file_actions_destroy(&actions);
    REQUIRE(status == 0);
  }
  ~RunningTandem() {
    if (process_ == 0) return;
    kill(process_, SIGKILL);
    wait();
  }
  RunningTandem(const RunningTandem&) = delete;
  RunningTandem& operator=(const RunningTandem&) = delete;

  void signal(int number) const { kill(process_, number); }

  // The exit code, or minus the signal that ended it.
  int wait() {
    int status = 0;
    waitpid(process_, &status, 0);
    process_ = 0;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
  }

 private:
  pid_t process_ = 0;
};

}  // namespace tandem
