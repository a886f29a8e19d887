// The operands of an instruction; see decoder.h.
#include <bit>

#include "kernels/ptx/decoder.h"
#include "kernels/ptx/error.h"
#include "kernels/ptx/special_registers.h"

namespace tandem::ptx {

// A register, a number, or the address of a variable. `bytes`: the width of a number.
Operand KernelDecoder::operand(Reader& reader, int bytes) {
  Cursor& tokens = reader.tokens;
  const bool negated = tokens.accept("!");
  const bool negative = tokens.accept("-");
  const std::string name = tokens.peek();
  if (is_number(name)) return literal(reader, negative, bytes);
  tokens.next();
  if (name == "_") {
    Operand sink;
    sink.kind = Operand::Kind::kSink;
    return sink;
  }
  if (name == "WARP_SZ") return registers_.constant(32, false);
  if (const Symbol* symbol = reader.frame.scope.find_register(name)) {
    Operand result = symbol->reg;
    result.negated = negated;
    return result;
  }
  if (name[0] == '%') {
    const auto special = find_special_register(name);
    if (!special) fail_at(tokens.line(), "register '" + name + "' is not known");
    return registers_.special(*special);
  }
  Place place = find_address(reader.frame, name, tokens.line());
  if (tokens.accept("+")) place.offset += uint64_t(tokens.integer());
  return address_operand(place, bytes == 8);
}

Operand KernelDecoder::literal(Reader& reader, bool negative, int bytes) {
  const Number number = parse_number(reader.tokens.next());
  uint64_t bits = number.bits;
  if (number.kind == Number::Kind::kInteger) {
    if (negative) bits = 0 - bits;
  } else if (number.kind == Number::Kind::kFloat) {
    if (negative) bits ^= 0x80000000;
    if (bytes == 8) bits = std::bit_cast<uint64_t>(double(std::bit_cast<float>(uint32_t(bits))));
    return registers_.constant(bits, bytes == 8);
  } else if (negative) {
    bits ^= uint64_t{1} << 63;
  }
  if (bytes < 8) bits &= (uint64_t{1} << 8 * bytes) - 1;
  return registers_.constant(bits, bytes == 8);
}

// "d", or "d|p" for the instructions with a predicate result besides.
void KernelDecoder::destination(Reader& reader, bool may_be_pair) {
  reader.instruction.destination = operand(reader, 4);
  if (may_be_pair && reader.tokens.accept("|")) reader.instruction.second_destination = operand(reader, 4);
}

// ", a, b, c", as many as there are, with numbers of these widths.
void KernelDecoder::sources(Reader& reader, std::initializer_list<int> bytes) {
  Instruction& instruction = reader.instruction;
  for (const int width : bytes) {
    if (!reader.tokens.accept(",")) return;
    instruction.sources[size_t(instruction.source_count++)] = operand(reader, width);
  }
}

// "[address], b, c": the address is source 0.
void KernelDecoder::atomic_sources(Reader& reader) {
  if (reader.instruction.vector_length > 1) fail_at(reader.instruction.line, "vector atomics are not supported");
  memory(reader, 0);
  reader.instruction.source_count = 1;
  const int bytes = bytes_of(reader.instruction.type);
  sources(reader, {bytes, bytes});
}

// "{a, b}", or "a" for a vector of one.
void KernelDecoder::vector(Reader& reader, int bytes) {
  Instruction& instruction = reader.instruction;
  if (!reader.tokens.accept("{")) {
    instruction.vector_length = 1;
    instruction.elements[0] = operand(reader, bytes);
    return;
  }
  size_t count = 0;
  do {
    if (count == instruction.elements.size()) fail_at(reader.tokens.line(), "a vector that is too long");
    instruction.elements[count++] = operand(reader, bytes);
  } while (reader.tokens.accept(","));
  reader.tokens.expect("}");
  instruction.vector_length = uint8_t(count);
}

// "[base + offset]", where base is a register, a number or a variable.
void KernelDecoder::memory(Reader& reader, int source) {
  Cursor& tokens = reader.tokens;
  Instruction& instruction = reader.instruction;
  tokens.expect("[");
  Operand& base = instruction.sources[size_t(source)];
  const std::string name = tokens.next();
  if (const Symbol* symbol = reader.frame.scope.find_register(name)) {
    base = symbol->reg;
  } else if (is_number(name)) {
    base = registers_.constant(parse_number(name).bits, true);
  } else {
    const Place place = find_address(reader.frame, name, tokens.line());
    if (instruction.space == Space::kParameter && place.space == Space::kLocal) {
      instruction.space = Space::kLocal;  // arguments of a call
    }
    const bool is_global = place.space == Space::kGlobal || place.space == Space::kConstant;
    if (instruction.space == Space::kGeneric && !is_global) instruction.space = place.space;
    base = address_operand(place, true);
  }
  int64_t offset = 0;
  if (tokens.accept("+") || tokens.peek() == "-") offset = tokens.integer();
  tokens.expect("]");
  (source == 0 ? instruction.offset : instruction.second_offset) = offset;
}

KernelDecoder::Place KernelDecoder::find_address(const Frame& frame, const std::string& name, int line) {
  const auto of_variable = [](const Variable& variable) {
    return Place{variable.space, variable.address, variable.space == Space::kShared && variable.bytes == 0};
  };
  if (const Symbol* symbol = frame.scope.find_variable(name)) return of_variable(*symbol->variable);
  if (const auto global = globals_.find(name); global != globals_.end()) {
    if (global->second.space != Space::kShared) return of_variable(global->second);
    if (!module_shared_.contains(name)) module_shared_[name] = add_shared(global->second);
    return of_variable(module_shared_[name]);
  }
  if (frame.is_kernel) {
    for (const Parameter& parameter : kernel_.parameters) {
      if (parameter.name == name) return {Space::kParameter, uint64_t(parameter.offset), false};
    }
  }
  fail_at(line, "'" + name + "' is not known");
}

Operand KernelDecoder::address_operand(const Place& place, bool wide) {
  return place.dynamic_shared ? registers_.dynamic_shared_address(wide) : registers_.constant(place.offset, wide);
}

}  // namespace tandem::ptx
