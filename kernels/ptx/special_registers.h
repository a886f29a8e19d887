// The registers that tell a thread where it is.
#pragma once
#include <optional>
#include <string>

#include "kernels/ptx/kernel.h"

namespace tandem::ptx {

struct Execution;

enum class SpecialRegister : uint8_t {
  kThreadX,
  kThreadY,
  kThreadZ,
  kBlockSizeX,
  kBlockSizeY,
  kBlockSizeZ,
  kBlockX,
  kBlockY,
  kBlockZ,
  kGridSizeX,
  kGridSizeY,
  kGridSizeZ,
  kLane,
  kWarp,
  kWarpCount,
  kMultiprocessor,
  kMultiprocessorCount,
  kLaneMaskEqual,
  kLaneMaskLess,
  kLaneMaskLessEqual,
  kLaneMaskGreater,
  kLaneMaskGreaterEqual,
  kDynamicSharedBytes,
  kSharedBytes,
  kClock,
  kClock64,
  kGridId
};

std::optional<SpecialRegister> find_special_register(const std::string& name);  // with its "%"
bool is_wide(SpecialRegister special);                                          // 64 bits

// Fills the special registers of the current warp.
void fill_special_registers(Execution& run);

}  // namespace tandem::ptx
