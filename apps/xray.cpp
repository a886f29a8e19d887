// tandem xray: starts the program beside this one that looks at kernels through an interpreter of PTX (apps/xray/).
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

#include "apps/commands.h"
#include "engine/core/error.h"

namespace tandem {
namespace {

// Does not return: the other program takes this one's place.
[[noreturn]] void become_xray(const std::vector<std::string>& arguments) {
  const std::filesystem::path program = std::filesystem::read_symlink("/proc/self/exe").replace_filename("tandem-xray");
  if (!std::filesystem::exists(program))
    throw UsageError("tandem xray", "is not part of this build: it looks at the PTX that nvcc makes of the kernels",
                     "install a CUDA toolkit with nvcc 12 or newer (no GPU is needed) and run scripts/setup again");
  std::vector<std::string> words = {program.string()};
  words.insert(words.end(), arguments.begin(), arguments.end());
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  execv(argv[0], argv.data());
  throw Error(program.string(), std::string("cannot be started: ") + std::strerror(errno));
}

}  // namespace

void add_xray(CLI::App& tandem, Command& command) {
  CLI::App* parser = tandem.add_subcommand(
      "xray", "Show what each kernel does on a GPU, without one: a model's, a layer's, or one kernel");
  parser->set_help_flag();  // the other program's
  parser->prefix_command();
  parser->callback(
      [parser, &command] { command = [arguments = parser->remaining()]() -> int { become_xray(arguments); }; });
}

}  // namespace tandem
