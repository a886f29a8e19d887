// What a kernel can get from a GPU, by the vendor's data sheets and programming guide. Nothing here was measured.
#pragma once
#include <cstddef>
#include <string>
#include <vector>

#include "apps/xray/microscope.h"

namespace tandem {

struct Gpu {
  std::string name, architecture;  // "A100", "sm_80"
  double bytes_per_second;         // of its memory
  double flops_per_second;         // float32, without tensor cores
  double tf32_flops_per_second;    // of tensor cores, without sparsity
  double warp_instructions_per_second;
  size_t shared_bytes;  // of a multiprocessor, all its blocks together
};

const std::vector<Gpu>& gpus();  // A100 (40 GB, SXM) and H100 (SXM)

inline constexpr double kLaunchSeconds = 3e-6;  // what a launch costs at least
inline constexpr double kGemmEfficiency = 0.7;  // of the peak, for the vendor's GEMM

// How long all of this would take in the step that was asked for: the slowest of memory, instructions and (GEMM only)
// arithmetic at their peaks, and the launches. A floor, not a promise.
double predicted_seconds(const Sight& sight, const Gpu& gpu);

// The share of a multiprocessor's 64 warps that fit at once, by the rules of the CUDA C++ Programming Guide (compute
// capability 8.0 and 9.0): 65,536 registers, given to warps in units of 256 and to four warps at a time; 1 KiB of
// shared memory a block for the system, and units of 128 bytes; 32 blocks. 0 when not even one block fits.
double occupancy(int registers_per_thread, size_t shared_bytes_per_block, int threads_per_block, const Gpu& gpu);

}  // namespace tandem
