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

namespace tandem {

namespace fs = std::filesystem;

// A folder that is gone when the test is.
class Scratch {
 public:
  Scratch() {
    std::string name = (fs::temp_directory_path() / "tandem-cli-XXXXXX").string();
    REQUIRE(mkdtemp(name.data()) != nullptr);
    folder_ = name;
  }
  ~Scratch() { fs::remove_all(folder_); }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;

  const fs::path& folder() const { return folder_; }
  void write(const std::string& name, const std::string& text) const { std::ofstream(folder_ / name) << text; }
  std::string read(const std::string& name) const {
    std::ostringstream text;
    text << std::ifstream(folder_ / name).rdbuf();
    return text.str();
  }

 private:
  fs::path folder_;
};

struct Outcome {
  int code;
  std::string out, error;
};

// Runs the program by the shell; `arguments` is quoted for it.
inline Outcome tandem(const std::string& arguments, const std::string& environment = "") {
  const Scratch scratch;
  const std::string command = environment + " '" TANDEM_BINARY "' " + arguments + " >'" +
                              (scratch.folder() / "out").string() + "' 2>'" + (scratch.folder() / "error").string() +
                              "'";
  const int status = std::system(command.c_str());
  REQUIRE(WIFEXITED(status));
  return {WEXITSTATUS(status), scratch.read("out"), scratch.read("error")};
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
