// Reads an instruction's name, "ld.global.v4.f32": the opcode and its modifiers.
#pragma once
#include <string>

#include "kernels/ptx/instruction.h"

namespace tandem::ptx {

// Fills opcode, types, space, modes and flags. Throws Error for an opcode or modifier that the interpreter does not
// know: better no result than a wrong one.
void decode_name(const std::string& name, int line, Instruction& instruction);

}  // namespace tandem::ptx
