// What the assembler for GPUs makes of PTX: registers, shared memory, spills.
#pragma once
#include <map>
#include <string>

namespace tandem {

struct CompiledKernel {
  int registers = 0;
  int shared_bytes = 0;  // static
  int spill_bytes = 0;   // stored and loaded, a thread
};

using CompiledKernels = std::map<std::string, CompiledKernel>;  // by symbol

// What `ptxas -v` said.
CompiledKernels parse_ptxas(const std::string& messages);

// Assembles `ptx` for "sm_80" or another architecture. Throws Error where there is no ptxas or it refuses the text.
CompiledKernels assemble(const std::string& ptx, const std::string& architecture);

}  // namespace tandem
