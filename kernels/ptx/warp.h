// The state of one warp. Its lanes may be at different places after a branch: a warp is a list of groups, each with a
// program counter and the lanes that are there. The group that is least far in the code runs first, and groups whose
// counters meet become one again.
#pragma once
#include <array>
#include <cstdint>
#include <memory>
#include <vector>

#include "kernels/ptx/lanes.h"
#include "kernels/ptx/memory.h"

namespace tandem::ptx {

struct Group {
  int pc = 0;
  LaneMask lanes = 0;
  bool parked = false;  // waits at a barrier, or for the lanes of a .sync instruction
};

// A cp.async that has been issued: it happens when the thread waits for it, so that a missing wait shows.
struct PendingCopy {
  Address to = 0, from = 0;              // shared, global
  uint32_t bytes = 0, source_bytes = 0;  // what the source lacks is filled with zeros
};

struct Warp {
  uint32_t id = 0;                  // in its block
  LaneMask alive = 0;               // lanes that have not exited
  std::vector<uint32_t> registers;  // registers.h; the last slot holds the carry flags
  std::vector<Group> groups;
  uint32_t epoch = 1;  // changes with every __syncwarp, see access_history.h
  bool at_barrier = false;
  std::vector<uint8_t> local;  // local memory, one lane's after another's

  using CopyGroups = std::vector<std::vector<PendingCopy>>;  // oldest first; the last is open
  std::unique_ptr<std::array<CopyGroups, kWarpSize>> copies;

  bool finished() const { return groups.empty(); }
};

}  // namespace tandem::ptx
