// Calls: device functions are inlined, external ones become an instruction of their own; see decoder.h.
#include "kernels/ptx/decoder.h"
#include "kernels/ptx/error.h"

namespace tandem::ptx {
namespace {

constexpr int kMaxCallDepth = 60;  // deeper is recursion, which cannot be inlined

std::vector<std::string> names(const std::vector<Token>& tokens) {
  std::vector<std::string> names;
  for (const Token& token : tokens) {
    if (token.text != ",") names.push_back(token.text);
  }
  return names;
}

}  // namespace

// "call (result), function, (argument, argument)"
void KernelDecoder::call(Reader& reader, const Statement& statement) {
  Cursor& tokens = reader.tokens;
  std::vector<std::string> results, arguments;
  if (tokens.peek() == "(") {
    results = names(tokens.parenthesised());
    tokens.accept(",");
  }
  const std::string name = tokens.next();
  if (tokens.accept(",") && tokens.peek() == "(") arguments = names(tokens.parenthesised());
  const auto found = module_.functions.find(name);
  if (found == module_.functions.end()) {
    fail_at(statement.line, "the call of '" + name + "' is indirect or of an unknown function; neither is supported");
  }
  const Function& callee = found->second;
  if (callee.external) return external_call(reader, callee, results.empty() ? "" : results[0], arguments);
  if (++call_depth_ > kMaxCallDepth) fail_at(statement.line, "recursion into '" + name + "' is not supported");

  Frame frame;
  frame.scope.open();
  Moves inwards, outwards;
  bind(reader.frame, frame, callee.results, results, outwards, false);
  bind(reader.frame, frame, callee.parameters, arguments, inwards, true);
  emit_moves(reader.instruction, inwards);
  size_t skip = 0;
  const bool guarded = reader.instruction.guard >= 0;
  if (guarded) {
    Instruction branch = reader.instruction;
    branch.opcode = Opcode::kBranch;
    branch.guard_negated = !branch.guard_negated;
    skip = emit(branch);
  }
  body(frame, callee);
  const int end = int(kernel_.code.size());
  for (const size_t index : frame.returns) kernel_.code[index].target = end;
  if (guarded) kernel_.code[skip].target = end;
  emit_moves(reader.instruction, outwards);
  --call_depth_;
}

void KernelDecoder::external_call(Reader& reader, const Function& callee, const std::string& result,
                                  const std::vector<std::string>& arguments) {
  Instruction& instruction = reader.instruction;
  instruction.opcode = Opcode::kExternalCall;
  instruction.name = callee.name;
  const Symbol* place = reader.frame.scope.find_variable(result);
  instruction.targets.push_back(place ? int(place->variable->address) : -1);
  for (const std::string& argument : arguments) {
    const Symbol* symbol = reader.frame.scope.find_variable(argument);
    if (!symbol) fail_at(instruction.line, "argument '" + argument + "' is not a .param variable");
    instruction.targets.push_back(int(symbol->variable->address));
  }
  emit(instruction);
}

// Gives the callee's parameters a meaning: .param variables are the caller's own, registers are copied.
void KernelDecoder::bind(const Frame& caller, Frame& callee, const std::vector<Token>& declarations,
                         const std::vector<std::string>& actual, Moves& moves, bool inwards) {
  Cursor tokens(declarations);
  for (const std::string& name : actual) {
    if (tokens.at_end()) fail_at(tokens.line(), "the call has too many arguments");
    std::vector<Token> declaration;
    for (; !tokens.at_end() && tokens.peek() != ","; tokens.next()) declaration.push_back(tokens.token());
    tokens.accept(",");
    Cursor words(declaration);
    if (words.next() == ".reg") {
      const Type type = parse_type(words.next().substr(1));
      const Symbol* symbol = caller.scope.find_register(name);
      if (!symbol) fail_at(words.line(), "argument '" + name + "' is not a register");
      const Operand formal = registers_.add(bytes_of(type) == 8, type == Type::kPredicate);
      callee.scope.add(words.next(), {formal, {}});
      if (inwards) {
        moves.emplace_back(formal, symbol->reg);
      } else {
        moves.emplace_back(symbol->reg, formal);
      }
    } else {
      const Symbol* symbol = caller.scope.find_variable(name);
      if (!symbol) fail_at(words.line(), "argument '" + name + "' is not a .param variable");
      callee.scope.add(parse_variable(words, Space::kLocal).name, *symbol);
    }
  }
}

void KernelDecoder::emit_moves(const Instruction& call, const Moves& moves) {
  for (const auto& [to, from] : moves) {
    Instruction move = call;
    move.opcode = Opcode::kMove;
    move.type = to.predicate ? Type::kPredicate : to.wide ? Type::kB64 : Type::kB32;
    move.destination = to;
    move.sources[0] = from;
    move.source_count = 1;
    emit(move);
  }
}

}  // namespace tandem::ptx
