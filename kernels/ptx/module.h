// A loaded PTX file: its kernels, and its variables in the memory of the machine that loaded it.
#pragma once
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "kernels/ptx/decoder.h"
#include "kernels/ptx/kernel.h"
#include "kernels/ptx/memory.h"

namespace tandem::ptx {

class Module {
 public:
  // For Machine::load.
  Module(const std::string& text, std::shared_ptr<Memory> memory);
  ~Module();  // frees the variables
  Module(Module&&) = default;
  Module& operator=(Module&&) = delete;

  // By the linker's name, the demangled name, or an unambiguous part of the demangled name ("gemm<64"). Throws Error if
  // there is none, with the reason if it was left out because the interpreter does not support it.
  const Kernel& kernel(const std::string& name) const;
  const std::vector<Kernel>& kernels() const { return kernels_; }
  const std::map<std::string, std::string>& unsupported() const { return unsupported_; }  // kernel and reason

  struct Symbol {
    Address address;
    size_t bytes;
  };
  std::optional<Symbol> variable(const std::string& name) const;  // __device__ or __constant__

  bool owns(Address address) const;  // whether it is in one of the variables

  const std::map<int, std::string>& files() const { return files_; }  // of Instruction::source

 private:
  void add_variable(const ParsedModule::Global& global);

  std::shared_ptr<Memory> memory_;
  Globals globals_;
  std::vector<Kernel> kernels_;
  std::map<std::string, std::string> unsupported_;
  std::map<int, std::string> files_;
};

}  // namespace tandem::ptx
