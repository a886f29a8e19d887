// Turns PTX text into declarations and functions. Statements stay lists of tokens: only the decoder (decoder.h), which
// knows the registers, can tell what they mean.
#pragma once
#include <map>
#include <string>
#include <vector>

#include "kernels/ptx/instruction.h"
#include "kernels/ptx/lexer.h"

namespace tandem::ptx {

// A variable of any space but .reg.
struct Variable {
  std::string name;
  Space space = Space::kGlobal;
  Type type = Type::kU32;  // of one element
  uint64_t bytes = 0;      // 0: its size is known at launch (dynamic shared memory)
  uint64_t align = 1;
  uint64_t address = 0;  // global: of the machine's memory; else an offset in its space
};

// Reads a declaration after its space: ".align 4 .b8 name[16]".
Variable parse_variable(Cursor& tokens, Space space);

struct Statement {
  enum class Kind { kInstruction, kOpen, kClose, kLabel };
  Kind kind = Kind::kInstruction;
  std::vector<Token> tokens;
  int line = 0;
  SourceLine source;
};

struct Function {
  std::string name;
  bool is_kernel = false;  // .entry, else .func
  bool external = false;   // declared only: vprintf, __assertfail
  std::vector<Token> results, parameters, attributes;
  std::vector<Statement> body;
};

struct ParsedModule {
  struct Global {
    Variable variable;
    std::vector<Token> initialiser;
  };
  std::vector<Global> globals;  // .global, .const and .shared outside functions, in the order of the text
  std::map<std::string, Function> functions;
  std::vector<std::string> kernels;  // in the order of the text
  std::map<int, std::string> files;  // of .loc
};

ParsedModule parse(const std::string& text);

}  // namespace tandem::ptx
