// Runs one launch: all blocks of a grid, one after another, in an order of the user's choice.
#pragma once
#include <map>
#include <string>

#include "kernels/ptx/execution.h"

namespace tandem::ptx {

struct LaunchConfiguration {
  Dim3 grid, block;
  uint64_t dynamic_shared_bytes = 0;
  const void* const* arguments = nullptr;  // each points to the argument's value
  size_t argument_count = 0;
};

// What has become of a launch.
struct LaunchResult {
  bool finished = false;  // all blocks ran to their end
  uint64_t problems = 0;
  Counters counters;
  bool clean() const { return finished && problems == 0; }
};

// Throws Error when the arguments do not fit the kernel, or the kernel uses what the interpreter does not support.
LaunchResult run_grid(Execution& run, const LaunchConfiguration& launch, const std::map<int, std::string>& files);

}  // namespace tandem::ptx
