// The addresses of a memory instruction's lanes.
#pragma once
#include "kernels/ptx/execution.h"

namespace tandem::ptx {

// Of the address operand that is source 0 or 1. Shared addresses have 32 bits.
inline void compute_addresses(const Execution& run, size_t source, Address* addresses) {
  const Instruction& i = *run.instruction;
  const int64_t offset = source == 0 ? i.offset : i.second_offset;
  uint64_t scratch[kWarpSize];
  const uint64_t* base = run.registers.read<uint64_t>(i.sources[source], scratch);
  const Address mask = i.space == Space::kShared ? 0xffffffff : ~Address{0};
  for (uint32_t lane = 0; lane < kWarpSize; ++lane) addresses[lane] = (base[lane] + uint64_t(offset)) & mask;
}

}  // namespace tandem::ptx
