// The 32 lanes of a warp, run in lock step: loops over the lanes that are active.
#pragma once
#include <cstdint>

namespace tandem::ptx {

using LaneMask = uint32_t;  // a bit a lane
constexpr uint32_t kWarpSize = 32;
constexpr LaneMask kAllLanes = 0xffffffff;

// Calls f(lane). The loop over a full warp has a constant length, which the compiler vectorises.
template <class F>
void for_lanes(LaneMask active, F f) {
  if (active == kAllLanes) {
    for (int lane = 0; lane < int(kWarpSize); ++lane) f(lane);
  } else {
    for (LaneMask rest = active; rest; rest &= rest - 1) f(__builtin_ctz(rest));
  }
}

inline int first_lane(LaneMask active) { return __builtin_ctz(active); }
inline int lane_count(LaneMask active) { return __builtin_popcount(active); }
inline bool has_lane(LaneMask active, int lane) { return active >> lane & 1; }

// The mask of the lanes for which f(lane) is true.
template <class F>
LaneMask lanes_where(F f) {
  LaneMask result = 0;
  for (int lane = 0; lane < int(kWarpSize); ++lane) result |= LaneMask(bool(f(lane))) << lane;
  return result;
}

}  // namespace tandem::ptx
