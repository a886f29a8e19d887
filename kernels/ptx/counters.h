// What a launch did, in the units in which GPUs pay: warp instructions, 32-byte sectors of global memory, wavefronts
// of shared memory. A warp's load is one request; it costs the sectors its lanes touch, and as many wavefronts as the
// busiest bank of shared memory has different words.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

namespace tandem::ptx {

// "Ideal" is what the same bytes would cost if lanes accessed neighbours.
struct Traffic {
  uint64_t warp_instructions = 0;
  uint64_t global_requests = 0, sectors = 0, ideal_sectors = 0;
  uint64_t shared_requests = 0, wavefronts = 0, ideal_wavefronts = 0;

  Traffic& operator+=(const Traffic& other);
};

// Traffic of one line of a .cu file (nvcc -lineinfo), or of one line of PTX where the file is not known.
struct LineTraffic {
  std::string file;  // empty: `line` is of the PTX text
  int line = 0;
  Traffic traffic;
};

struct Counters {
  uint64_t warp_instructions = 0, thread_instructions = 0;
  uint64_t divergent_branches = 0;
  uint64_t barriers = 0;  // arrivals of warps
  uint64_t atomics = 0, shuffles = 0, local_requests = 0;

  uint64_t global_loads = 0, global_stores = 0;  // requests
  uint64_t sectors = 0, ideal_sectors = 0, global_bytes = 0;
  uint64_t shared_requests = 0, wavefronts = 0, ideal_wavefronts = 0;

  // Different sectors that each block touches, summed over blocks: what a first-level cache of unlimited size would
  // let through. Atomics count as stores.
  uint64_t block_load_sectors = 0, block_store_sectors = 0;

  std::vector<LineTraffic> lines;  // in the order of files and lines
};

}  // namespace tandem::ptx
