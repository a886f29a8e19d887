// A kernel ready to run: its code with every device function inlined, and the sizes of what a launch has to supply.
#pragma once
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "kernels/ptx/instruction.h"

namespace tandem::ptx {

// %tid.x and its kin: registers that the interpreter fills when a warp starts.
enum class SpecialRegister : uint8_t;

struct Parameter {
  std::string name;
  int offset = 0, bytes = 0;
};

struct Kernel {
  std::string name;       // as the linker knows it
  std::string demangled;  // as a reader knows it
  std::vector<Parameter> parameters;
  int parameter_bytes = 0;
  std::vector<Instruction> code;
  std::vector<uint32_t> initial_registers;  // of a warp: constants, and a pattern in everything else
  std::vector<std::pair<SpecialRegister, int>> special_registers;  // with their slots
  uint64_t static_shared_bytes = 0, local_bytes = 0;
  bool uses_dynamic_shared = false;
  uint64_t dynamic_shared_offset = 0;
  uint32_t max_threads = 0;  // __launch_bounds__; 0: not given
  bool has_fence = false;    // orders its blocks by fences: their accesses are not checked against each other
};

}  // namespace tandem::ptx
