#include "apps/xray/ptxas.h"

#include <array>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <memory>
#include <regex>
#include <sstream>

#include "engine/core/error.h"
#include "engine/files/scratch_folder.h"

namespace tandem {
namespace {

// Runs a shell command; what it printed, on either stream, and whether it ended with status 0.
std::pair<std::string, bool> output_of(const std::string& command) {
  FILE* pipe = popen((command + " 2>&1").c_str(), "r");
  if (!pipe) throw Error(command, "cannot be started");
  std::string text;
  std::array<char, 4096> buffer;
  while (const size_t n = fread(buffer.data(), 1, buffer.size(), pipe)) text.append(buffer.data(), n);
  return {text, pclose(pipe) == 0};
}

}  // namespace

CompiledKernels parse_ptxas(const std::string& messages) {
  static const std::regex entry("Compiling entry function '([^']+)'");
  static const std::regex spills("(\\d+) bytes spill stores, (\\d+) bytes spill loads");
  static const std::regex registers("Used (\\d+) registers");
  static const std::regex shared("(\\d+) bytes smem");
  CompiledKernels kernels;
  CompiledKernel* kernel = nullptr;
  std::istringstream lines(messages);
  for (std::string line; std::getline(lines, line);) {
    std::smatch match;
    if (std::regex_search(line, match, entry)) kernel = &kernels[match[1]];
    if (!kernel) continue;
    if (std::regex_search(line, match, spills)) kernel->spill_bytes = std::stoi(match[1]) + std::stoi(match[2]);
    if (std::regex_search(line, match, registers)) kernel->registers = std::stoi(match[1]);
    if (std::regex_search(line, match, shared)) kernel->shared_bytes = std::stoi(match[1]);
  }
  return kernels;
}

CompiledKernels assemble(const std::string& ptx, const std::string& architecture) {
  const ScratchFolder folder("tandem-xray");
  const std::filesystem::path file = folder / "kernels.ptx";
  if (!(std::ofstream(file) << ptx)) throw Error(file.string(), "cannot be written");
  const auto [messages, succeeded] =
      output_of("'" TANDEM_PTXAS "' -v -arch=" + architecture + " -o /dev/null '" + file.string() + "'");
  if (!succeeded) throw Error(TANDEM_PTXAS, "failed: " + messages);
  return parse_ptxas(messages);
}

}  // namespace tandem
