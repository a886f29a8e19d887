#include "kernels/ptx/special_registers.h"

#include <unordered_map>

#include "kernels/ptx/execution.h"

namespace tandem::ptx {
namespace {

using Special = SpecialRegister;

// What no kernel may depend on: a GPU with this many multiprocessors, each with room for this many warps.
constexpr uint32_t kMultiprocessors = 80, kWarpsAtOnce = 48;

uint64_t value_of(const Execution& run, Special special, uint32_t lane) {
  const uint32_t thread = run.warp->id * kWarpSize + lane;
  const uint32_t bit = 1u << lane;
  switch (special) {
    case Special::kThreadX:
      return thread % run.block.x;
    case Special::kThreadY:
      return thread / run.block.x % run.block.y;
    case Special::kThreadZ:
      return thread / run.block.x / run.block.y;
    case Special::kBlockSizeX:
      return run.block.x;
    case Special::kBlockSizeY:
      return run.block.y;
    case Special::kBlockSizeZ:
      return run.block.z;
    case Special::kBlockX:
      return run.block_index.x;
    case Special::kBlockY:
      return run.block_index.y;
    case Special::kBlockZ:
      return run.block_index.z;
    case Special::kGridSizeX:
      return run.grid.x;
    case Special::kGridSizeY:
      return run.grid.y;
    case Special::kGridSizeZ:
      return run.grid.z;
    case Special::kLane:
      return lane;
    case Special::kWarp:
      return run.warp->id;
    case Special::kWarpCount:
      return kWarpsAtOnce;
    case Special::kMultiprocessor:
      return run.block_number % kMultiprocessors;
    case Special::kMultiprocessorCount:
      return kMultiprocessors;
    case Special::kLaneMaskEqual:
      return bit;
    case Special::kLaneMaskLess:
      return bit - 1;
    case Special::kLaneMaskLessEqual:
      return (bit - 1) | bit;
    case Special::kLaneMaskGreater:
      return ~((bit - 1) | bit);
    case Special::kLaneMaskGreaterEqual:
      return ~(bit - 1);
    case Special::kDynamicSharedBytes:
      return run.shared.size() - run.kernel.dynamic_shared_offset;
    case Special::kSharedBytes:
      return run.shared.size();
    case Special::kClock:
    case Special::kClock64:
      return run.counters.warp_instructions;
    case Special::kGridId:
      return run.launch_serial;
  }
  return 0;
}

}  // namespace

std::optional<SpecialRegister> find_special_register(const std::string& name) {
  static const std::unordered_map<std::string, Special> specials = {
      {"%tid.x", Special::kThreadX},
      {"%tid.y", Special::kThreadY},
      {"%tid.z", Special::kThreadZ},
      {"%ntid.x", Special::kBlockSizeX},
      {"%ntid.y", Special::kBlockSizeY},
      {"%ntid.z", Special::kBlockSizeZ},
      {"%ctaid.x", Special::kBlockX},
      {"%ctaid.y", Special::kBlockY},
      {"%ctaid.z", Special::kBlockZ},
      {"%nctaid.x", Special::kGridSizeX},
      {"%nctaid.y", Special::kGridSizeY},
      {"%nctaid.z", Special::kGridSizeZ},
      {"%laneid", Special::kLane},
      {"%warpid", Special::kWarp},
      {"%nwarpid", Special::kWarpCount},
      {"%smid", Special::kMultiprocessor},
      {"%nsmid", Special::kMultiprocessorCount},
      {"%lanemask_eq", Special::kLaneMaskEqual},
      {"%lanemask_lt", Special::kLaneMaskLess},
      {"%lanemask_le", Special::kLaneMaskLessEqual},
      {"%lanemask_gt", Special::kLaneMaskGreater},
      {"%lanemask_ge", Special::kLaneMaskGreaterEqual},
      {"%dynamic_smem_size", Special::kDynamicSharedBytes},
      {"%total_smem_size", Special::kSharedBytes},
      {"%clock", Special::kClock},
      {"%clock_hi", Special::kClock},
      {"%globaltimer_lo", Special::kClock},
      {"%globaltimer_hi", Special::kClock},
      {"%clock64", Special::kClock64},
      {"%globaltimer", Special::kClock64},
      {"%gridid", Special::kGridId},
  };
  const auto found = specials.find(name);
  if (found == specials.end()) return std::nullopt;
  return found->second;
}

bool is_wide(SpecialRegister special) { return special == Special::kClock64 || special == Special::kGridId; }

void fill_special_registers(Execution& run) {
  for (const auto& [special, slot] : run.kernel.special_registers) {
    uint32_t* narrow = &run.warp->registers[slot];
    auto* wide = reinterpret_cast<uint64_t*>(narrow);
    for (uint32_t lane = 0; lane < kWarpSize; ++lane) {
      const uint64_t value = value_of(run, special, lane);
      if (is_wide(special)) {
        wide[lane] = value;
      } else {
        narrow[lane] = uint32_t(value);
      }
    }
  }
}

}  // namespace tandem::ptx
