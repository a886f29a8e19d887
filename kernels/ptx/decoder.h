// Makes a Kernel of a parsed function: resolves names to slots and labels to indices, and inlines every device
// function where it is called, one copy a call. (nvcc inlines most of them anyway, and code without calls needs no
// stack, no frames and no divergence between callees.)
#pragma once
#include <map>
#include <string>
#include <vector>

#include "kernels/ptx/kernel.h"
#include "kernels/ptx/parser.h"
#include "kernels/ptx/register_layout.h"
#include "kernels/ptx/scope.h"

namespace tandem::ptx {

using Globals = std::map<std::string, Variable>;  // a module's variables, with their addresses

class KernelDecoder {
 public:
  KernelDecoder(const ParsedModule& module, const Globals& globals) : module_(module), globals_(globals) {}

  // Throws Error if the function uses what the interpreter does not support.
  Kernel decode(const Function& function);

 private:
  // A function being decoded: the kernel, or a copy of a function it calls.
  struct Frame {
    struct Fixup {  // an instruction whose target has to be filled in
      size_t instruction;
      std::string label;
      bool indexed;  // the label names a list of targets
    };
    bool is_kernel = false;
    Scope scope;
    std::map<std::string, int> labels;
    std::map<std::string, std::vector<std::string>> target_lists;
    std::vector<Fixup> fixups;
    std::vector<size_t> returns;  // of an inlined function: branches to its end
  };
  // How the operands of an instruction are read.
  struct Reader {
    Frame& frame;
    Cursor& tokens;
    Instruction& instruction;
  };
  struct Place {  // of a variable
    Space space;
    uint64_t offset;
    bool dynamic_shared;  // offset not known yet
  };
  using Moves = std::vector<std::pair<Operand, Operand>>;  // to, from

  // decode_kernel.cpp: functions, statements, declarations
  void parameters(const Function& function);
  void attributes(const Function& function);
  void body(Frame& frame, const Function& function);
  void resolve(const Frame& frame);
  void declare(Frame& frame, const Statement& statement);
  void declare_registers(Frame& frame, Cursor& tokens);
  Variable add_shared(Variable variable);
  Variable add_local(Variable variable);
  size_t emit(const Instruction& instruction);

  // decode_instruction.cpp
  void instruction(Frame& frame, const Statement& statement);
  bool control(Reader& reader, const Statement& statement);
  void operands(Reader& reader);
  void barrier(Reader& reader);
  void move(Reader& reader);
  void async_copy(Reader& reader);

  // decode_operands.cpp
  Operand operand(Reader& reader, int bytes);
  Operand literal(Reader& reader, bool negative, int bytes);
  void destination(Reader& reader, bool may_be_pair = true);
  void sources(Reader& reader, std::initializer_list<int> bytes);
  void atomic_sources(Reader& reader);
  void vector(Reader& reader, int bytes);
  void memory(Reader& reader, int source);
  Place find_address(const Frame& frame, const std::string& name, int line);
  Operand address_operand(const Place& place, bool wide);

  // decode_call.cpp
  void call(Reader& reader, const Statement& statement);
  void external_call(Reader& reader, const Function& callee, const std::string& result,
                     const std::vector<std::string>& arguments);
  void bind(const Frame& caller, Frame& callee, const std::vector<Token>& declarations,
            const std::vector<std::string>& actual, Moves& moves, bool inwards);
  void emit_moves(const Instruction& call, const Moves& moves);

  const ParsedModule& module_;
  const Globals& globals_;
  Kernel kernel_;
  RegisterLayout registers_;
  std::map<std::string, Variable> module_shared_;  // the module's shared variables that this kernel uses
  uint64_t shared_bytes_ = 0, local_bytes_ = 0;
  int call_depth_ = 0;
};

}  // namespace tandem::ptx
