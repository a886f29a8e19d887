// Shuffles, ballots and __syncwarp: what happens between the lanes of one warp.
#pragma once
#include <memory>
#include <span>

#include "kernels/host/cuda_thread.h"

namespace tandem::host {

using Warp = std::span<const std::unique_ptr<CudaThread>>;  // at most 32 lanes; a block's last warp may have fewer

// Completes the operations that every lane of their mask has reached, and makes these lanes ready. False: there were
// none. Throws Misuse when a lane is not in its own mask or reads one that is not.
bool complete_operations(Warp warp);

// Called when no lane can run any more: throws Misuse if one waits for a lane that is elsewhere.
void check_not_divergent(Warp warp);

}  // namespace tandem::host
