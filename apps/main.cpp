// The `tandem` program: parses the command line, runs one command, and turns exceptions into exit codes.
#include <csignal>
#include <exception>
#include <iostream>
#include <new>

#include "apps/commands.h"
#include "engine/core/error.h"

namespace tandem {
namespace {

constexpr const char* kExamples = R"(Examples:
  tandem train alexnet-mini --data /usr/share/datasets/fashion-mnist
  tandem eval runs/mine --data /usr/share/datasets/fashion-mnist --confusion
  tandem classify runs/mine photo.jpg --out classified.svg
  tandem show curves runs/lenet runs/lenet-relu --out curves.svg
  tandem pack DIR packed
  tandem plan alexnet-paper --batch 128
  tandem check gradients alexnet-mini
  tandem check data /usr/share/datasets/fashion-mnist

Exit codes:
  0 success   1 error   2 wrong usage or settings   3 training diverged   130 stopped by Ctrl-C, after saving
)";

int complain(const std::string& message, ExitCode code) {
  std::cerr << "tandem: " << message << '\n';
  return code;
}

int run_to_exit_code(const Command& command) {
  try {
    const int code = command();
    if (!std::cout.flush()) throw Error("standard output", "cannot be written");
    return code;
  } catch (const DivergedError& error) {
    return complain(error.what(), kDiverged);
  } catch (const UsageError& error) {
    return complain(error.what(), kUsage);
  } catch (const std::bad_alloc&) {
    return complain("out of memory", kError);
  } catch (const std::exception& error) {
    return complain(error.what(), kError);
  }
}

int run_command_line(int argc, char** argv) {
  CLI::App tandem("Trains the 2012 AlexNet and its relatives, with kernels of its own.", "tandem");
  tandem.set_version_flag("--version", "tandem " TANDEM_VERSION, "Print the version and exit");
  tandem.footer(kExamples);
  tandem.require_subcommand(0, 1);  // none is refused below: the parser would not name a misspelt one
  Command command;
  add_train(tandem, command);
  add_eval(tandem, command);
  add_classify(tandem, command);
  add_pack(tandem, command);
  add_plan(tandem, command);
  add_check(tandem, command);
  add_bench(tandem, command);
  add_show(tandem, command);
  add_xray(tandem, command);
  add_export(tandem, command);
  add_import(tandem, command);
  try {
    tandem.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return tandem.exit(error);  // --help, --version
    return complain(std::string(error.what()) + "; see tandem --help", kUsage);
  }
  if (!command) return complain("no command was given; see tandem --help", kUsage);
  return run_to_exit_code(command);
}

}  // namespace
}  // namespace tandem

int main(int argc, char** argv) {
  // A full disk or a closed pipe is then an error of the write that meets it, not the death of the process.
  std::signal(SIGXFSZ, SIG_IGN);
  std::signal(SIGPIPE, SIG_IGN);
  return tandem::run_command_line(argc, argv);
}
