// Runs one block: its warps one after another up to the next barrier, then on.
#pragma once
#include <cstdint>
#include <vector>

#include "kernels/ptx/execution.h"

namespace tandem::ptx {

// `order`: of the block's warps. run.block_number and block_index say which block it is.
void run_block(Execution& run, const std::vector<uint32_t>& order);

}  // namespace tandem::ptx
