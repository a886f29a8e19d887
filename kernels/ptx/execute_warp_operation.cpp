// What the lanes of a warp tell each other.
#include <algorithm>

#include "kernels/ptx/execute.h"
#include "kernels/ptx/lane_loops.h"
#include "kernels/ptx/text.h"

namespace tandem::ptx {
namespace {

void write_to_all(Execution& run, LaneMask active, uint32_t value) {
  uint32_t values[kWarpSize];
  std::fill(values, values + kWarpSize, value);
  run.registers.write(run.instruction->destination, values, active);
}

// From which lane a shuffle reads, and whether that is inside the lane's segment. `control`: the segment mask in bits 8
// to 12, the last lane in bits 0 to 4.
struct Source {
  int lane;
  bool in_range;
};

Source shuffle_source(Mode mode, int lane, uint32_t b, uint32_t control) {
  const int segment = int(control >> 8 & 31), clamp = int(control & 31), amount = int(b & 31);
  const int limit = (lane & segment) | (clamp & ~segment);
  switch (mode) {
    case Mode::kUp:
      return {lane - amount, lane - amount >= limit};
    case Mode::kDown:
      return {lane + amount, lane + amount <= limit};
    case Mode::kButterfly:
      return {lane ^ amount, (lane ^ amount) <= limit};
    default:
      const int source = (lane & segment) | (amount & ~segment);
      return {source, source <= limit};
  }
}

void shuffle(Execution& run, LaneMask active) {
  constexpr uint32_t kGarbage = 0xdeadbeef;  // from a lane that does not take part
  const Instruction& i = *run.instruction;
  uint32_t scratch[4][kWarpSize], given[kWarpSize], scratch_d[kWarpSize];
  const uint32_t* a = run.registers.read<uint32_t>(i.sources[0], scratch[0]);
  const uint32_t* b = run.registers.read<uint32_t>(i.sources[1], scratch[1]);
  const uint32_t* c = run.registers.read<uint32_t>(i.sources[2], scratch[2]);
  const uint32_t* members = i.source_count > 3 ? run.registers.read<uint32_t>(i.sources[3], scratch[3]) : nullptr;
  std::copy(a, a + kWarpSize, given);  // the result may be the operand itself
  uint32_t* d = run.registers.destination<uint32_t>(i.destination, scratch_d);
  LaneMask in_range = 0;
  ++run.counters.shuffles;
  for_lanes(active, [&](int lane) {
    const Source source = shuffle_source(i.mode, lane, b[lane], c[lane]);
    const int from = source.in_range ? source.lane : lane;
    if (!has_lane(active, from)) {
      run.problem(Problem::kShuffleInactive, lane,
                  [&] { return text("source lane ", from, " is not among those executing, ", hexadecimal(active)); });
    }
    if (members && !has_lane(members[lane], lane)) {
      run.problem(Problem::kWarpDivergence, lane,
                  [&] { return text("the lane is not in its own mask ", hexadecimal(members[lane])); });
    }
    d[lane] = has_lane(active, from) ? given[from] : kGarbage;
    in_range |= LaneMask(source.in_range) << lane;
  });
  run.registers.finish<uint32_t>(i.destination, d, active);
  run.registers.set_predicate(i.second_destination, in_range, active);
}

void vote(Execution& run, LaneMask active) {
  const Instruction& i = *run.instruction;
  const LaneMask yes = run.registers.predicate(i.sources[0]) & active;
  if (i.mode == Mode::kBallot) return write_to_all(run, active, yes);
  const bool all = yes == active, any = yes != 0;
  const bool result = i.mode == Mode::kAll ? all : i.mode == Mode::kAny ? any : all || !any;
  run.registers.set_predicate(i.destination, result ? kAllLanes : 0, active);
}

void match(Execution& run, LaneMask active) {
  const Instruction& i = *run.instruction;
  uint64_t scratch[kWarpSize];
  uint32_t scratch_narrow[kWarpSize];
  const bool wide = bytes_of(i.type) == 8;
  const uint64_t* a = run.registers.read<uint64_t>(i.sources[0], scratch);
  const uint32_t* narrow = run.registers.read<uint32_t>(i.sources[0], scratch_narrow);
  const auto equal = [&](int x, int y) { return wide ? a[x] == a[y] : narrow[x] == narrow[y]; };
  uint32_t matches[kWarpSize] = {};
  LaneMask all = 0;
  for_lanes(active, [&](int lane) {
    matches[lane] = lanes_where([&](int other) { return equal(lane, other); }) & active;
    if (i.mode != Mode::kAll) return;
    if (matches[lane] == active) {
      all |= 1u << lane;
    } else {
      matches[lane] = 0;
    }
  });
  run.registers.write(i.destination, matches, active);
  run.registers.set_predicate(i.second_destination, all, active);
}

uint32_t combine(const Instruction& i, uint32_t a, uint32_t b) {
  const bool is_signed = i.type == Type::kS32;
  switch (i.mode) {
    case Mode::kAdd:
      return a + b;
    case Mode::kAnd:
      return a & b;
    case Mode::kOr:
      return a | b;
    case Mode::kXor:
      return a ^ b;
    case Mode::kMin:
      return is_signed ? uint32_t(std::min(int32_t(a), int32_t(b))) : std::min(a, b);
    default:
      return is_signed ? uint32_t(std::max(int32_t(a), int32_t(b))) : std::max(a, b);
  }
}

void reduce(Execution& run, LaneMask active) {
  const Instruction& i = *run.instruction;
  uint32_t scratch[kWarpSize];
  const uint32_t* a = run.registers.read<uint32_t>(i.sources[0], scratch);
  uint32_t result = a[first_lane(active)];
  for_lanes(active & (active - 1), [&](int lane) { result = combine(i, result, a[lane]); });
  write_to_all(run, active, result);
}

}  // namespace

void execute_warp_operation(Execution& run, LaneMask active) {
  switch (run.instruction->opcode) {
    case Opcode::kShuffle:
      return shuffle(run, active);
    case Opcode::kVote:
      return vote(run, active);
    case Opcode::kMatch:
      return match(run, active);
    case Opcode::kReduce:
      return reduce(run, active);
    default:
      return write_to_all(run, active, active);  // activemask
  }
}

}  // namespace tandem::ptx
