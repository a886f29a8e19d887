// A decoded instruction: what the interpreter executes. All names are resolved to register slots, all labels to indices
// into the kernel's code.
#pragma once
#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "kernels/ptx/types.h"

namespace tandem::ptx {

enum class Opcode : uint8_t {
  kAbs,
  kActiveMask,
  kAdd,
  kAddCarry,
  kAnd,
  kAssemble,  // mov to one register from a list of narrower ones
  kAsyncCommit,
  kAsyncCopy,
  kAsyncWaitAll,
  kAsyncWaitGroup,
  kAtomic,
  kBarrier,
  kBitFieldExtract,
  kBitFieldInsert,
  kBranch,
  kBranchIndexed,
  kBytePermute,
  kCall,
  kClearNot,  // cnot: 1 for zero, else 0
  kConvert,
  kConvertAddress,
  kCopySign,
  kCosine,
  kCountLeadingZeros,
  kDivide,
  kDotProduct4,
  kExit,
  kExp2,
  kExternalCall,
  kFence,
  kFindLeadingOne,
  kFunnelShift,
  kFusedMultiplyAdd,
  kIgnored,  // hints: prefetch, nanosleep ...
  kIsSpace,
  kLoad,
  kLog2,
  kLogic3,
  kMatch,
  kMax,
  kMin,
  kMove,
  kMultiply,
  kMultiply24,
  kMultiplyAdd,
  kNegate,
  kNot,
  kOr,
  kPopulationCount,
  kReciprocal,
  kReciprocalSqrt,
  kReduce,     // redux.sync: over the lanes of a warp
  kReduction,  // red: an atomic whose old value nobody wants; decoded to kAtomic
  kRemainder,
  kReturn,
  kReverseBits,
  kSelect,
  kSelectBySign,
  kSet,
  kSetPredicate,
  kShiftLeft,
  kShiftRight,
  kShuffle,
  kSine,
  kSqrt,
  kStore,
  kSubtract,
  kSubtractCarry,
  kSumOfAbsoluteDifferences,
  kTanh,
  kTestProperty,
  kTrap,
  kTakeApart,  // mov from one register to a list of narrower ones
  kVote,
  kWarpBarrier,
  kXor
};

struct Operand {
  enum class Kind : uint8_t { kNone, kRegister, kSink };  // kSink: "_", a result nobody wants
  Kind kind = Kind::kNone;
  bool wide = false;       // 64 bits a lane
  bool predicate = false;  // one bit a lane, in the first word of the slot
  bool negated = false;    // "!p"
  int slot = -1;           // where in the register file (warp.h), in 32-bit words
};

// A line of a .cu file, from .loc (nvcc -lineinfo). file 0: not known.
struct SourceLine {
  int file = 0, line = 0;
  auto operator<=>(const SourceLine&) const = default;
};

struct Instruction {
  Opcode opcode = Opcode::kIgnored;
  Type type = Type::kNone, source_type = Type::kNone;  // of the result, and of what is converted or compared
  Space space = Space::kGeneric;
  Rounding rounding = Rounding::kNearest;
  Comparison comparison = Comparison::kEqual;
  Mode mode = Mode::kNone;
  Mode combine = Mode::kNone;  // setp, set: how a third, predicate operand is combined in

  bool flush = false;          // .ftz: subnormal numbers are zero
  bool saturate = false;       // .sat: clamped to [0, 1], or to the integer's range
  bool approximate = false;    // .approx and .full
  bool full_range = false;     // .full
  bool to_integral = false;    // .rni and its kin: rounded to a whole number
  bool wrap = false;           // shf: the shift amount modulo 32
  bool propagate_nan = false;  // min, max
  bool relu = false;
  bool strong = false;        // volatile or ordered: accesses meant to race
  bool from_generic = false;  // cvta.to
  bool shift_amount = false;  // bfind
  bool carry_out = false;     // .cc
  bool sync = false;          // waits for the lanes of its member mask

  uint8_t vector_length = 1;  // of ld, st and the lists of mov; cp.async: bytes
  bool guard_negated = false;
  int guard = -1;   // slot of the predicate after "@"
  int target = -1;  // of a branch
  std::vector<int>
      targets;  // indexed branch: one an index. External call: local offsets of the result (or -1), arguments

  int source_count = 0;
  int64_t offset = 0,
          second_offset = 0;  // of the address in sources[0], sources[1]; wait_group: how many may stay open
  Operand destination, second_destination;
  std::array<Operand, 5> sources;
  std::array<Operand, 8> elements;  // of vectors

  int line = 0;  // of the PTX text
  SourceLine source;
  int index = 0;           // in the kernel's code
  std::string text, name;  // the whole statement; the instruction with its modifiers, or the external function
};

}  // namespace tandem::ptx
