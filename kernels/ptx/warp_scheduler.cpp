#include "kernels/ptx/warp_scheduler.h"

#include <algorithm>
#include <limits>
#include <map>

#include "kernels/ptx/execute.h"
#include "kernels/ptx/text.h"

namespace tandem::ptx {
namespace {

class WarpScheduler {
 public:
  WarpScheduler(Execution& run, Warp& warp, int budget)
      : run_(run), warp_(warp), groups_(warp.groups), budget_(budget) {}

  bool run() {
    while (!groups_.empty()) {
      merge_groups();
      const int runnable = next_group();
      if (runnable == kAtBarrier) {
        warp_.at_barrier = true;
        return true;
      }
      const bool forced = groups_[size_t(runnable)].parked;  // it waits in vain, which has been reported
      groups_[size_t(runnable)].parked = false;
      if (!forced && waits(groups_[size_t(runnable)])) continue;
      run_group(size_t(runnable));
      if (budget_ < 0) return false;
    }
    return true;
  }

 private:
  static constexpr int kAtBarrier = -1;

  const Instruction& at(const Group& group) const { return run_.kernel.code[size_t(group.pc)]; }
  bool at_barrier(const Group& group) const { return at(group).opcode == Opcode::kBarrier; }

  static bool synchronises(const Instruction& instruction) {
    return instruction.sync || instruction.opcode == Opcode::kBarrier || instruction.opcode == Opcode::kWarpBarrier;
  }

  // Sorts the groups by place, and makes one of those at the same place.
  void merge_groups() {
    if (groups_.size() < 2) return;
    std::sort(groups_.begin(), groups_.end(), [](const Group& a, const Group& b) { return a.pc < b.pc; });
    size_t last = 0;
    for (size_t i = 1; i < groups_.size(); ++i) {
      if (groups_[i].pc == groups_[last].pc) {
        groups_[last].lanes |= groups_[i].lanes;
        groups_[last].parked = false;
      } else {
        groups_[++last] = groups_[i];
      }
    }
    groups_.resize(last + 1);
  }

  // The first group that is not parked. If all are: kAtBarrier, or the group that must go on nevertheless.
  int next_group() {
    for (size_t i = 0; i < groups_.size(); ++i) {
      if (!groups_[i].parked) return int(i);
    }
    for (size_t i = 0; i < groups_.size(); ++i) {
      if (at_barrier(groups_[i])) continue;
      report_waiting_in_vain(groups_[i]);
      return int(i);
    }
    if (groups_.size() > 1) {
      run_.instruction = &at(groups_[0]);
      run_.problem(Problem::kBarrierDivergence, first_lane(groups_[0].lanes), [&] {
        return text("lanes of one warp wait at different barriers, at PTX lines ", at(groups_[0]).line, " and ",
                    at(groups_[1]).line);
      });
    }
    return kAtBarrier;
  }

  void report_waiting_in_vain(const Group& group) {
    run_.instruction = &at(group);
    run_.problem(Problem::kWarpDivergence, first_lane(group.lanes), [&] {
      if (groups_.size() == 1) {
        return text("lanes that its mask names have exited; executing ", hexadecimal(group.lanes), ", alive ",
                    hexadecimal(warp_.alive));
      }
      const Group& other = groups_[&group == groups_.data() ? 1 : 0];
      return text("executed by the lanes ", hexadecimal(group.lanes),
                  " while others that its mask names wait elsewhere, at PTX line ", at(other).line);
    });
  }

  // Parks a group that has come to a barrier, or to an instruction whose other lanes have not arrived.
  bool waits(Group& group) {
    const Instruction& instruction = at(group);
    run_.instruction = &instruction;
    if (instruction.opcode == Opcode::kBarrier) {
      group.parked = true;
      if (run_.settings.count) {
        ++run_.counters.warp_instructions;
        ++run_.counters.barriers;
        ++run_.current_traffic().warp_instructions;
      }
      return true;
    }
    if (!synchronises(instruction)) return false;
    const LaneMask members = member_mask(instruction, group.lanes);
    if ((group.lanes & members) != (members & warp_.alive) && groups_.size() > 1) {
      group.parked = true;
      return true;
    }
    if (members & ~warp_.alive & run_.lanes_of_warp()) {
      run_.problem(Problem::kWarpDivergence, first_lane(group.lanes), [&] {
        return text("the mask ", hexadecimal(members), " names lanes that have exited; alive ",
                    hexadecimal(warp_.alive));
      });
    }
    return false;
  }

  LaneMask member_mask(const Instruction& instruction, LaneMask lanes) const {
    uint32_t scratch[kWarpSize];
    const Operand& last = instruction.sources[size_t(instruction.source_count - 1)];
    return run_.registers.read<uint32_t>(last, scratch)[first_lane(lanes)];
  }

  // Runs a group until it comes to where another one is, to an instruction that synchronises, or to a branch after
  // which it may no longer be the first.
  void run_group(size_t index) {
    Group& group = groups_[index];
    int stop = std::numeric_limits<int>::max();
    for (const Group& other : groups_) {
      if (other.pc > group.pc) stop = std::min(stop, other.pc);
    }
    for (bool first = true; budget_ >= 0; first = false, --budget_) {
      const Instruction& instruction = at(group);
      if (!first && (group.pc >= stop || synchronises(instruction))) return;
      run_.instruction = &instruction;
      LaneMask active = group.lanes;
      if (instruction.guard >= 0) {
        const LaneMask guard = run_.registers.predicate(instruction.guard);
        active &= instruction.guard_negated ? ~guard : guard;
      }
      count(active);
      switch (instruction.opcode) {
        case Opcode::kBranch:
          if (!branch(group, active, instruction.target)) return;
          break;
        case Opcode::kBranchIndexed:
          return branch_indexed(index, active);
        case Opcode::kExit:
          if (!exit(index, active)) return;
          break;
        default:
          if (active) execute(run_, active);
          ++group.pc;
      }
    }
  }

  void count(LaneMask active) {
    ++run_.counters.warp_instructions;
    run_.counters.thread_instructions += uint64_t(lane_count(active));
    if (run_.settings.count) ++run_.current_traffic().warp_instructions;
  }

  // Returns whether the group may go on without a look at the others.
  bool branch(Group& group, LaneMask active, int target) {
    if (active == 0) {
      ++group.pc;
      return true;
    }
    if (active == group.lanes) {
      group.pc = target;
      return groups_.size() == 1;
    }
    ++run_.counters.divergent_branches;
    ++group.pc;
    group.lanes &= ~active;
    groups_.push_back({target, active});  // invalidates `group`
    return false;
  }

  void branch_indexed(size_t index, LaneMask active) {
    const Instruction& instruction = *run_.instruction;
    const Group group = groups_[index];
    uint32_t scratch[kWarpSize];
    const uint32_t* indices = run_.registers.read<uint32_t>(instruction.sources[0], scratch);
    std::map<int, LaneMask> lanes_at;
    for_lanes(active, [&](int lane) {
      if (indices[lane] >= instruction.targets.size()) {
        run_.problem(Problem::kTrap, lane, [&] { return text("branch to the target of index ", indices[lane]); });
        throw LaunchEnded();
      }
      lanes_at[instruction.targets[indices[lane]]] |= 1u << lane;
    });
    groups_.erase(groups_.begin() + std::ptrdiff_t(index));
    if (group.lanes & ~active) groups_.push_back({group.pc + 1, group.lanes & ~active});
    for (const auto& [target, lanes] : lanes_at) groups_.push_back({target, lanes});
    --budget_;
  }

  // Returns whether anything is left of the group.
  bool exit(size_t index, LaneMask active) {
    Group& group = groups_[index];
    ++group.pc;
    if (active == 0) return true;
    warp_.alive &= ~active;
    group.lanes &= ~active;
    const bool rest = group.lanes != 0;
    if (!rest) groups_.erase(groups_.begin() + std::ptrdiff_t(index));
    for (Group& other : groups_) {  // who waits for the exited lanes has to look again
      if (rest && !at_barrier(other)) other.parked = false;
    }
    return rest;
  }

  Execution& run_;
  Warp& warp_;
  std::vector<Group>& groups_;
  int budget_;
};

}  // namespace

bool run_warp(Execution& run, Warp& warp, int budget) {
  run.enter(warp);
  return WarpScheduler(run, warp, budget).run();
}

}  // namespace tandem::ptx
