#include "kernels/ptx/block_scheduler.h"

#include <algorithm>
#include <map>
#include <set>

#include "kernels/ptx/special_registers.h"
#include "kernels/ptx/text.h"
#include "kernels/ptx/warp_scheduler.h"

namespace tandem::ptx {
namespace {

constexpr int kTimeSlice = 1 << 16;  // instructions of a warp before others get a turn: some may wait for them

void start_warp(Execution& run, uint32_t id) {
  const Kernel& kernel = run.kernel;
  Warp& warp = run.warps[id];
  warp.id = id;
  warp.registers.resize(kernel.initial_registers.size() + kWarpSize);
  std::copy(kernel.initial_registers.begin(), kernel.initial_registers.end(), warp.registers.begin());
  warp.registers[kernel.initial_registers.size()] = 0;  // carry flags
  run.enter(warp);
  warp.alive = run.lanes_of_warp();
  warp.groups.assign(1, {0, warp.alive});
  warp.at_barrier = false;
  warp.epoch = run.new_epoch();
  warp.local.assign(kernel.local_bytes * kWarpSize, 0xcd);
  warp.copies.reset();
  fill_special_registers(run);
}

void start_block(Execution& run) {
  run.epoch = run.new_epoch();
  ++run.block_serial;
  run.loaded.clear();
  run.stored.clear();
  run.shared.begin_block();
  for (uint32_t id = 0; id < run.warps.size(); ++id) start_warp(run, id);
}

// The groups of a block that wait at barriers.
struct Waiting {
  struct Group {
    Warp* warp;
    int pc;
    LaneMask lanes;
  };
  std::map<uint32_t, std::vector<Group>> at;  // by barrier
  bool counted = false;                       // "bar.sync id, count": meant for a part of the block
  uint32_t threads_alive = 0;

  const Group& first() const { return at.begin()->second.front(); }
};

Waiting find_waiting(Execution& run) {
  Waiting waiting;
  for (Warp& warp : run.warps) {
    waiting.threads_alive += uint32_t(lane_count(warp.alive));
    if (warp.finished()) continue;
    run.enter(warp);
    for (const Group& group : warp.groups) {
      const Instruction& barrier = run.kernel.code[size_t(group.pc)];
      uint32_t scratch[kWarpSize], id = 0;
      if (barrier.source_count) id = run.registers.read<uint32_t>(barrier.sources[0], scratch)[first_lane(group.lanes)];
      waiting.counted |= barrier.source_count > 1;
      waiting.at[id].push_back({&warp, group.pc, group.lanes});
    }
  }
  return waiting;
}

void check_barrier(Execution& run, const Waiting& waiting) {
  if (waiting.counted) return;
  run.enter(*waiting.first().warp);
  run.instruction = &run.kernel.code[size_t(waiting.first().pc)];
  if (waiting.threads_alive < run.threads) {
    run.problem(Problem::kBarrierAfterExit, first_lane(waiting.first().lanes), [&] {
      return text(run.threads - waiting.threads_alive, " of ", run.threads, " threads had exited before this barrier");
    });
  }
  if (waiting.at.size() > 1) {
    run.problem(Problem::kBarrierDivergence, 0, [] { return "threads wait at different barrier numbers"; });
    return;
  }
  std::set<int> places;
  for (const Waiting::Group& group : waiting.at.begin()->second) places.insert(group.pc);
  if (places.size() > 1 && run.settings.strict_barriers) {
    run.problem(Problem::kBarrierDivergence, -1, [&] {
      return text("warps of a block meet at different instructions, one at PTX line ",
                  run.kernel.code[size_t(*places.rbegin())].line);
    });
  }
}

void release_barrier(Execution& run) {
  run.epoch = run.new_epoch();
  for (Warp& warp : run.warps) {
    if (!warp.at_barrier) continue;
    warp.at_barrier = false;
    warp.epoch = run.new_epoch();
    for (Group& group : warp.groups) {
      ++group.pc;
      group.parked = false;
    }
  }
}

void check_limit(Execution& run) {
  if (run.counters.warp_instructions <= run.settings.instruction_limit) return;
  run.problem(Problem::kTimeout, 0,
              [&] { return text("more than ", run.settings.instruction_limit, " warp instructions"); });
  throw LaunchEnded();
}

}  // namespace

void run_block(Execution& run, const std::vector<uint32_t>& order) {
  start_block(run);
  while (true) {
    bool all_wait = true;
    for (const uint32_t id : order) {
      Warp& warp = run.warps[id];
      if (warp.finished() || warp.at_barrier) continue;
      if (run_warp(run, warp, kTimeSlice)) continue;
      check_limit(run);
      all_wait = false;
    }
    if (!all_wait) continue;
    const Waiting waiting = find_waiting(run);
    if (waiting.at.empty()) return;
    check_barrier(run, waiting);
    release_barrier(run);
  }
}

}  // namespace tandem::ptx
