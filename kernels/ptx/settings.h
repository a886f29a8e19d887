// Everything about a Machine that a user may choose. May be changed between launches.
#pragma once
#include <cstdint>
#include <iostream>

namespace tandem::ptx {

// In which order blocks run, and the warps of a block between two barriers. CUDA promises none: a result that changes
// with the order is a bug of the kernel.
enum class Order { kForward, kReverse, kRandom };

struct Settings {
  Order order = Order::kForward;
  uint64_t seed = 1;  // of Order::kRandom; every launch draws another order from it

  // .approx instructions return the correctly rounded value, moved by -n..n units in the last place (a function of the
  // value alone). A GPU's are off by a few such units: do the tolerances of a test hold there?
  int approximation_ulp = 0;

  // Memory allocated or registered while this is off is never checked for races.
  bool check_global_races = true;
  bool check_shared = true;         // races and uninitialised reads
  bool check_uninitialised = true;  // global memory that nobody wrote
  // Also elements of which only some bytes were written. Otherwise they pass: copies of structures read padding.
  bool strict_uninitialised = false;
  bool strict_atomics = false;   // a plain read of what another thread changes atomically is a race, too
  bool strict_barriers = false;  // the warps of a block must meet at the same bar.sync instruction

  bool count = true;          // everything in Counters but warp and thread instructions
  bool block_sectors = true;  // Counters::block_load_sectors and block_store_sectors

  uint64_t messages_per_kind = 4;              // of problems, per launch; all are counted
  uint64_t instruction_limit = 4'000'000'000;  // warp instructions a launch; more is a problem: it may never end
  std::ostream* kernel_output = &std::cout;    // where printf of a kernel writes
};

}  // namespace tandem::ptx
