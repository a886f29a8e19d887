// The state of one launch while it runs: what all parts of the interpreter share.
#pragma once
#include <cstdint>
#include <vector>

#include "kernels/ptx/counters.h"
#include "kernels/ptx/kernel.h"
#include "kernels/ptx/memory.h"
#include "kernels/ptx/problems.h"
#include "kernels/ptx/registers.h"
#include "kernels/ptx/settings.h"
#include "kernels/ptx/shared_memory.h"
#include "kernels/ptx/traffic.h"
#include "kernels/ptx/warp.h"

namespace tandem::ptx {

struct Dim3 {
  uint32_t x = 1, y = 1, z = 1;
  uint64_t count() const { return uint64_t(x) * y * z; }
};

// Thrown after a problem that ends the launch (trap, time-out).
struct LaunchEnded {};

struct Execution {
  Execution(const Kernel& kernel, const Settings& settings, Memory& memory, Problems& problems, uint32_t launch_serial);

  const Kernel& kernel;
  const Settings& settings;
  Memory& memory;
  Problems& problems;
  Counters counters;
  std::vector<Traffic> traffic;  // an entry an instruction
  SectorSet loaded, stored;      // sectors the current block has touched

  // The launch.
  uint32_t launch_serial;
  Dim3 grid, block;
  uint32_t threads = 0;  // of a block
  std::vector<uint8_t> parameters;

  // The current block.
  uint32_t block_number = 0, block_serial = 0;
  Dim3 block_index;
  SharedMemory shared;
  std::vector<Warp> warps;
  uint32_t epoch = 0, last_epoch = 0;  // between two barriers, see access_history.h

  // The current warp and instruction.
  Warp* warp = nullptr;
  Registers registers;
  const Instruction* instruction = nullptr;
  Region* last_region = nullptr;  // most accesses go where the last one went

  uint32_t new_epoch() { return ++last_epoch; }
  void enter(Warp& next) {
    warp = &next;
    registers = Registers(next.registers.data());
  }
  LaneMask lanes_of_warp() const {  // the last warp of a block may be incomplete
    const uint32_t rest = threads - warp->id * kWarpSize;
    return rest >= kWarpSize ? kAllLanes : (1u << rest) - 1;
  }
  Traffic& current_traffic() { return traffic[size_t(instruction->index)]; }

  // Counts a problem; describe() makes its message, if one is wanted. lane -1: not of one thread. (Kept out of the
  // checks that call it, which are the hottest code there is.)
  template <class Describe>
  [[gnu::cold, gnu::noinline]] void problem(Problem kind, int lane, Describe describe) {
    if (problems.add(kind, settings.messages_per_kind)) problems.describe(message(kind, lane, describe()));
  }
  [[noreturn]] void unsupported() const;

 private:
  std::string message(Problem kind, int lane, const std::string& what) const;
};

}  // namespace tandem::ptx
