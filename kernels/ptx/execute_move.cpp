// mov in its forms, and conversions between a space's addresses and generic ones.
#include <algorithm>

#include "kernels/ptx/execute.h"
#include "kernels/ptx/lane_loops.h"

namespace tandem::ptx {
namespace {

uint64_t low_bits(int bits) { return bits >= 64 ? ~uint64_t{0} : (uint64_t{1} << bits) - 1; }

int bits_of_element(const Instruction& i) { return bytes_of(i.type) * 8 / i.vector_length; }

// mov {d, e}, a
void take_apart(Execution& run, LaneMask active) {
  const Instruction& i = *run.instruction;
  const int bits = bits_of_element(i);
  uint64_t scratch[kWarpSize], whole[kWarpSize];
  const uint64_t* a = run.registers.read<uint64_t>(i.sources[0], scratch);
  std::copy(a, a + kWarpSize, whole);  // an element may be the operand itself
  for (int k = 0; k < i.vector_length; ++k) {
    uint32_t element[kWarpSize];
    for (uint32_t lane = 0; lane < kWarpSize; ++lane) {
      element[lane] = uint32_t(whole[lane] >> bits * k & low_bits(bits));
    }
    run.registers.write(i.elements[size_t(k)], element, active);
  }
}

// mov d, {a, b}
void assemble(Execution& run, LaneMask active) {
  const Instruction& i = *run.instruction;
  const int bits = bits_of_element(i);
  uint64_t whole[kWarpSize] = {};
  for (int k = 0; k < i.vector_length; ++k) {
    uint64_t scratch[kWarpSize];
    const uint64_t* element = run.registers.read<uint64_t>(i.elements[size_t(k)], scratch);
    for (uint32_t lane = 0; lane < kWarpSize; ++lane) whole[lane] |= (element[lane] & low_bits(bits)) << bits * k;
  }
  for_lanes(active, [&](int lane) { run.registers.write_lane(i.destination, lane, whole[lane]); });
}

void move(Execution& run, LaneMask active) {
  const Instruction& i = *run.instruction;
  if (i.type == Type::kPredicate) {
    return run.registers.set_predicate(i.destination, run.registers.predicate(i.sources[0]), active);
  }
  const int bytes = bytes_of(i.type);
  if (bytes == 8) return unary<uint64_t>(run, active, [](uint64_t a) { return a; });
  if (bytes == 2) return unary<uint16_t>(run, active, [](uint16_t a) { return a; });
  unary<uint32_t>(run, active, [](uint32_t a) { return a; });
}

Address window_of(Space space) {
  return space == Space::kShared      ? kSharedWindow
         : space == Space::kLocal     ? kLocalWindow
         : space == Space::kParameter ? kParameterWindow
                                      : 0;
}

void convert_address(Execution& run, LaneMask active) {
  const Instruction& i = *run.instruction;
  const Address window = window_of(i.space);
  if (bytes_of(i.type) == 4) return unary<uint32_t>(run, active, [](uint32_t a) { return a; });
  if (!i.from_generic) return unary<uint64_t>(run, active, [=](uint64_t a) { return a | window; });
  unary<uint64_t>(run, active, [=](uint64_t a) { return window ? a & kOffsetMask : a; });
}

void is_space(Execution& run, LaneMask active) {
  const Instruction& i = *run.instruction;
  uint64_t scratch[kWarpSize];
  const uint64_t* a = run.registers.read<uint64_t>(i.sources[0], scratch);
  run.registers.set_predicate(i.destination, lanes_where([&](int lane) { return space_of(a[lane]) == i.space; }),
                              active);
}

}  // namespace

void execute_move(Execution& run, LaneMask active) {
  switch (run.instruction->opcode) {
    case Opcode::kTakeApart:
      return take_apart(run, active);
    case Opcode::kAssemble:
      return assemble(run, active);
    case Opcode::kConvertAddress:
      return convert_address(run, active);
    case Opcode::kIsSpace:
      return is_space(run, active);
    default:
      return move(run, active);
  }
}

}  // namespace tandem::ptx
