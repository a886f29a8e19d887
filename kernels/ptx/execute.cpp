#include "kernels/ptx/execute.h"

namespace tandem::ptx {

void execute_arithmetic(Execution& run, LaneMask active) {
  switch (run.instruction->type) {
    case Type::kF32:
    case Type::kF64:
      return execute_float(run, active);
    case Type::kF16:
    case Type::kBf16:
    case Type::kF16x2:
    case Type::kBf16x2:
      return execute_half(run, active);
    default:
      return execute_integer(run, active);
  }
}

void execute(Execution& run, LaneMask active) {
  switch (run.instruction->opcode) {
    case Opcode::kMove:
    case Opcode::kAssemble:
    case Opcode::kTakeApart:
    case Opcode::kConvertAddress:
    case Opcode::kIsSpace:
      return execute_move(run, active);
    case Opcode::kLoad:
    case Opcode::kStore:
      return execute_load_or_store(run, active);
    case Opcode::kAtomic:
      return execute_atomic(run, active);
    case Opcode::kAsyncCopy:
    case Opcode::kAsyncCommit:
    case Opcode::kAsyncWaitAll:
    case Opcode::kAsyncWaitGroup:
      return execute_async_copy(run, active);
    case Opcode::kConvert:
      return execute_convert(run, active);
    case Opcode::kSet:
    case Opcode::kSetPredicate:
    case Opcode::kSelect:
    case Opcode::kSelectBySign:
    case Opcode::kTestProperty:
      return execute_compare(run, active);
    case Opcode::kAnd:
    case Opcode::kOr:
    case Opcode::kXor:
    case Opcode::kNot:
    case Opcode::kClearNot:
    case Opcode::kBitFieldExtract:
    case Opcode::kBitFieldInsert:
    case Opcode::kBytePermute:
    case Opcode::kCountLeadingZeros:
    case Opcode::kFindLeadingOne:
    case Opcode::kFunnelShift:
    case Opcode::kLogic3:
    case Opcode::kPopulationCount:
    case Opcode::kReverseBits:
    case Opcode::kShiftLeft:
    case Opcode::kShiftRight:
      return execute_bits(run, active);
    case Opcode::kShuffle:
    case Opcode::kVote:
    case Opcode::kMatch:
    case Opcode::kReduce:
    case Opcode::kActiveMask:
      return execute_warp_operation(run, active);
    case Opcode::kExternalCall:
      return execute_external_call(run, active);
    case Opcode::kTrap:
      run.problem(Problem::kTrap, first_lane(active), [] { return "trap"; });
      throw LaunchEnded();
    case Opcode::kWarpBarrier:
      run.warp->epoch = run.new_epoch();
      return;
    case Opcode::kFence:
      return;
    default:
      return execute_arithmetic(run, active);
  }
}

}  // namespace tandem::ptx
