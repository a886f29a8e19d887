// Instructions; see decoder.h.
#include "kernels/ptx/decoder.h"
#include "kernels/ptx/error.h"
#include "kernels/ptx/modifiers.h"

namespace tandem::ptx {
namespace {

std::string text_of(const Statement& statement) {
  std::string text;
  for (const Token& token : statement.tokens) {
    text += token.text;
    if (token.text != "@" && token.text != "[" && token.text != "!") text += ' ';
  }
  return text;
}

bool has_float32(Type type) {
  return type == Type::kF32 || type == Type::kF16 || type == Type::kBf16 || type == Type::kF16x2;
}

}  // namespace

void KernelDecoder::instruction(Frame& frame, const Statement& statement) {
  Cursor tokens(statement.tokens);
  Instruction instruction;
  instruction.line = statement.line;
  instruction.source = statement.source;
  instruction.text = text_of(statement);
  if (tokens.accept("@")) {
    instruction.guard_negated = tokens.accept("!");
    const Symbol* guard = frame.scope.find_register(tokens.next());
    if (!guard || !guard->reg.predicate) fail_at(statement.line, "the guard is not a predicate register");
    instruction.guard = guard->reg.slot;
  }
  decode_name(tokens.next(), statement.line, instruction);
  if (!has_float32(instruction.type) && !has_float32(instruction.source_type)) instruction.flush = false;

  Reader reader{frame, tokens, instruction};
  if (control(reader, statement)) return;
  operands(reader);
  if (!tokens.at_end() && tokens.peek() != ",") {  // what follows a comma is a cache hint
    fail_at(statement.line, "'" + tokens.peek() + "' after '" + instruction.name + "' is not understood");
  }
  emit(instruction);
}

// Branches, calls, and what does nothing. Returns whether this was one of them.
bool KernelDecoder::control(Reader& reader, const Statement& statement) {
  Instruction& instruction = reader.instruction;
  Frame& frame = reader.frame;
  switch (instruction.opcode) {
    case Opcode::kIgnored:
      return true;
    case Opcode::kBranch:
      frame.fixups.push_back({emit(instruction), reader.tokens.next(), false});
      return true;
    case Opcode::kBranchIndexed:
      instruction.sources[0] = operand(reader, 4);
      reader.tokens.expect(",");
      frame.fixups.push_back({emit(instruction), reader.tokens.next(), true});
      return true;
    case Opcode::kReturn:
      instruction.opcode = frame.is_kernel ? Opcode::kExit : Opcode::kBranch;
      frame.returns.push_back(emit(instruction));
      return true;
    case Opcode::kExit:
    case Opcode::kTrap:
      emit(instruction);
      return true;
    case Opcode::kFence:
      kernel_.has_fence = true;
      emit(instruction);
      return true;
    case Opcode::kCall:
      call(reader, statement);
      return true;
    default:
      return false;
  }
}

void KernelDecoder::operands(Reader& reader) {
  Instruction& instruction = reader.instruction;
  const int bytes = bytes_of(instruction.type), source_bytes = bytes_of(instruction.source_type);
  switch (instruction.opcode) {
    case Opcode::kBarrier:
    case Opcode::kWarpBarrier:
      return barrier(reader);
    case Opcode::kLoad: {
      const int length = instruction.vector_length;
      vector(reader, bytes);
      if (instruction.vector_length != length) fail_at(instruction.line, "the vector has another length");
      reader.tokens.expect(",");
      return memory(reader, 0);
    }
    case Opcode::kStore: {
      const int length = instruction.vector_length;
      memory(reader, 0);
      reader.tokens.expect(",");
      vector(reader, bytes);
      if (instruction.vector_length != length) fail_at(instruction.line, "the vector has another length");
      return;
    }
    case Opcode::kMove:
      return move(reader);
    case Opcode::kAsyncCopy:
    case Opcode::kAsyncCommit:
    case Opcode::kAsyncWaitAll:
    case Opcode::kAsyncWaitGroup:
      return async_copy(reader);
    case Opcode::kAtomic:
      destination(reader);
      reader.tokens.expect(",");
      return atomic_sources(reader);
    case Opcode::kReduction:
      instruction.opcode = Opcode::kAtomic;
      instruction.destination.kind = Operand::Kind::kSink;
      return atomic_sources(reader);
    default:
      break;
  }

  destination(reader);
  switch (instruction.opcode) {
    case Opcode::kActiveMask:
      return;
    case Opcode::kConvertAddress:
    case Opcode::kIsSpace:
      return sources(reader, {8});
    case Opcode::kConvert:
      return sources(reader, {source_bytes, source_bytes});
    case Opcode::kMultiplyAdd:
      return sources(reader, {bytes, bytes, instruction.mode == Mode::kWide ? 2 * bytes : bytes});
    case Opcode::kShiftLeft:
    case Opcode::kShiftRight:
      return sources(reader, {bytes, 4});
    case Opcode::kBitFieldExtract:
      return sources(reader, {bytes, 4, 4});
    case Opcode::kBitFieldInsert:
      return sources(reader, {bytes, bytes, 4, 4});
    case Opcode::kSetPredicate:
    case Opcode::kSelect:
      return sources(reader, {bytes, bytes, 4});
    case Opcode::kSet:
      return sources(reader, {source_bytes, source_bytes, 4});
    case Opcode::kSelectBySign:
      return sources(reader, {bytes, bytes, source_bytes});
    case Opcode::kMatch:
      return sources(reader, {bytes, 4});
    case Opcode::kLogic3:
    case Opcode::kShuffle:
    case Opcode::kVote:
    case Opcode::kReduce:
    case Opcode::kFunnelShift:
      return sources(reader, {4, 4, 4, 4});
    default:
      sources(reader, {bytes, bytes, bytes, bytes, bytes});
  }
  const bool is_minimum = instruction.opcode == Opcode::kMin || instruction.opcode == Opcode::kMax;
  if (is_minimum && instruction.source_count > 2) fail_at(instruction.line, "three operands are not supported");
  if (instruction.opcode == Opcode::kMultiply24 && instruction.mode == Mode::kHigh) {
    fail_at(instruction.line, "'" + instruction.name + "' is not supported");
  }
}

// "bar.sync id, threads", "bar.warp.sync mask"
void KernelDecoder::barrier(Reader& reader) {
  Instruction& instruction = reader.instruction;
  if (reader.tokens.at_end()) return;
  instruction.sources[0] = operand(reader, 4);
  instruction.source_count = 1;
  sources(reader, {4});
}

// "mov d, a", "mov {d, e}, a", "mov d, {a, b}"
void KernelDecoder::move(Reader& reader) {
  Instruction& instruction = reader.instruction;
  const int bytes = bytes_of(instruction.type);
  if (reader.tokens.peek() == "{") {
    instruction.opcode = Opcode::kTakeApart;
    vector(reader, bytes / 2);
    return sources(reader, {bytes});
  }
  destination(reader);
  if (reader.tokens.peek(1) == "{") {
    reader.tokens.expect(",");
    instruction.opcode = Opcode::kAssemble;
    return vector(reader, bytes / 2);
  }
  sources(reader, {bytes});
}

// "cp.async.cg.shared.global [to], [from], 16, source_bytes"
void KernelDecoder::async_copy(Reader& reader) {
  Instruction& instruction = reader.instruction;
  if (instruction.opcode == Opcode::kAsyncWaitGroup) {
    instruction.second_offset = reader.tokens.integer();
  } else if (instruction.opcode == Opcode::kAsyncCopy) {
    memory(reader, 0);
    reader.tokens.expect(",");
    memory(reader, 1);
    reader.tokens.expect(",");
    instruction.vector_length = uint8_t(reader.tokens.integer());
    instruction.source_count = 2;
    sources(reader, {4});
  }
}

}  // namespace tandem::ptx
