// The host runtime as kernels see it: what the CUDA words of cuda_words.h and the loops of launch.h stand on.
#pragma once
#include <atomic>
#include <cstddef>
#include <cstdint>

#include "kernels/table.h"

namespace tandem::host {

// int, not unsigned as in CUDA: signed overflow is undefined, which is what lets blockIdx.x * blockDim.x + threadIdx.x
// be an affine address to the vectoriser (and lets UBSan see the overflow that CUDA would wrap).
struct dim3 {
  int x, y, z;
  constexpr dim3(int x_ = 1, int y_ = 1, int z_ = 1) : x(x_), y(y_), z(z_) {}
};

struct Launch {
  dim3 grid, block;
  size_t shared_bytes = 0;
  Stream stream = nullptr;  // a ThreadPool*, or null: all blocks in the calling thread
};

// One launch with its kernel's type erased. The functions are compiled in the kernel's own file, whose private
// threadIdx and blockIdx they set.
struct KernelCall {
  const Launch& launch;
  const char* name;
  void* arguments;
  std::atomic<bool>& cooperative;  // has this kernel ever been seen at a barrier?

  void (*run_blocks)(void* arguments, long begin, long end);  // plain loops over [begin, end), until stop()
  void (*run_thread)(void* arguments);                        // the current thread of the current block
  void (*enter_block)(const Launch&, dim3 block);             // sets blockIdx, blockDim, gridDim
  void (*enter_thread)(dim3 thread);                          // sets threadIdx
  // Makes run_blocks return after the thread it is in, and tells which one of which block that is.
  void (*stop)(long* block, int* thread);
};

// Checks the launch against the GPU's limits, runs all of its blocks, and returns when they are done.
// A kernel that misuses barriers or warps ends in std::runtime_error with a diagnosis.
void launch(const KernelCall&);

// Called by a running kernel, with the place of the call for diagnoses.
enum class WarpOperation : uint8_t { kShuffle, kBallot, kSync };
void barrier(const char* file, int line);
// value: the lane's own contribution; returns what lane source_lane gave (kShuffle) or the ballot.
uint64_t warp(WarpOperation, unsigned mask, uint64_t value, int source_lane, const char* file, int line);
void* dynamic_shared();

// The four CUDA indices of one thread. ThreadSanitizer builds keep a copy a CUDA thread, see cuda_words.h.
struct Indices {
  dim3 thread, block, block_dim, grid_dim;
};
Indices& current_indices();

}  // namespace tandem::host
