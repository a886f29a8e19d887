// One CUDA thread of a running block, while its block is carried by fibers.
#pragma once
#include <cstdint>
#include <stdexcept>
#include <string>

#include "kernels/host/fiber.h"
#include "kernels/host/runtime.h"

namespace tandem::host {

struct CudaThread {
  enum class State : uint8_t { kReady, kAtBarrier, kAtWarpOperation, kDone };

  Fiber fiber;
  State state = State::kDone;
  int rank = 0;  // in its block
  Indices indices{};

  // Where it waits, and in a warp operation for what.
  const char* file = "";
  int line = 0;
  WarpOperation operation{};
  unsigned mask = 0;
  int source_lane = 0;
  uint64_t value = 0;  // what it gives, and then what it got
};

// "thread (3,0,0) waits in __syncthreads at lrn.cu:12"
std::string describe(const CudaThread&);
std::string describe(dim3 index);
std::string kernel_name(const KernelCall&);

// A kernel broke CUDA's rules for barriers or warps.
class Misuse : public std::runtime_error {
  using std::runtime_error::runtime_error;
};

}  // namespace tandem::host
