// Runs one warp: chooses which of its groups goes on, and follows branches, barriers and exits.
#pragma once
#include "kernels/ptx/execution.h"

namespace tandem::ptx {

// Runs the warp until it has finished or waits at a barrier of its block, or for about `budget` instructions. Returns
// whether it stopped by itself. Lanes of a warp need no fairness: the group that is least far runs until it meets
// another one, waits, or the budget is used up.
bool run_warp(Execution& run, Warp& warp, int budget);

}  // namespace tandem::ptx
