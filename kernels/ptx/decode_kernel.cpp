// Functions, statements and declarations; see decoder.h.
#include <cxxabi.h>

#include <algorithm>
#include <cstdlib>
#include <memory>

#include "kernels/ptx/decoder.h"
#include "kernels/ptx/error.h"

namespace tandem::ptx {
namespace {

std::string demangle(const std::string& name) {
  int status = 0;
  const std::unique_ptr<char, void (*)(void*)> demangled(abi::__cxa_demangle(name.c_str(), nullptr, nullptr, &status),
                                                         std::free);
  return status == 0 ? demangled.get() : name;
}

uint64_t round_up(uint64_t value, uint64_t multiple) { return (value + multiple - 1) / multiple * multiple; }

uint64_t take(uint64_t& next, const Variable& variable) {
  const uint64_t offset = round_up(next, variable.align);
  next = offset + variable.bytes;
  return offset;
}

}  // namespace

Kernel KernelDecoder::decode(const Function& function) {
  kernel_.name = function.name;
  kernel_.demangled = demangle(function.name);
  parameters(function);
  attributes(function);
  Frame frame;
  frame.is_kernel = true;
  body(frame, function);
  Instruction end;  // for code that runs off its end
  end.opcode = Opcode::kExit;
  end.text = "(end of the kernel)";
  emit(end);
  kernel_.static_shared_bytes = shared_bytes_;
  kernel_.dynamic_shared_offset = round_up(shared_bytes_, 16);
  kernel_.local_bytes = round_up(local_bytes_, 16);
  registers_.finish(kernel_);
  return std::move(kernel_);
}

void KernelDecoder::parameters(const Function& function) {
  Cursor tokens(function.parameters);
  uint64_t offset = 0;
  while (!tokens.at_end()) {
    // ".param .u64 .ptr .global .align 4 name": what follows .ptr is about the pointee
    std::vector<Token> declaration;
    bool about_pointee = false;
    for (; !tokens.at_end() && tokens.peek() != ","; tokens.next()) {
      const std::string& word = tokens.peek();
      if (word == ".ptr") {
        about_pointee = true;
      } else if (!(about_pointee && (word[0] == '.' || is_number(word)))) {
        declaration.push_back(tokens.token());
      }
    }
    tokens.accept(",");
    Cursor words(declaration);
    words.expect(".param");
    const Variable variable = parse_variable(words, Space::kParameter);
    const uint64_t at = take(offset, variable);
    kernel_.parameters.push_back({variable.name, int(at), int(variable.bytes)});
  }
  kernel_.parameter_bytes = int(offset);
}

void KernelDecoder::attributes(const Function& function) {
  Cursor tokens(function.attributes);
  while (!tokens.at_end()) {
    const std::string word = tokens.next();
    if (word != ".maxntid" && word != ".reqntid") continue;
    uint32_t threads = 1;
    for (; is_number(tokens.peek()) || tokens.peek() == ","; tokens.next()) {
      if (tokens.peek() != ",") threads *= uint32_t(parse_number(tokens.peek()).bits);
    }
    kernel_.max_threads = threads;
  }
}

void KernelDecoder::body(Frame& frame, const Function& function) {
  frame.scope.open();
  for (const Statement& statement : function.body) {
    if (statement.kind == Statement::Kind::kOpen) {
      frame.scope.open();
    } else if (statement.kind == Statement::Kind::kClose) {
      frame.scope.close();
    } else if (statement.kind == Statement::Kind::kLabel) {
      frame.labels[statement.tokens[0].text] = int(kernel_.code.size());
    } else if (statement.tokens[0].text[0] == '.') {
      declare(frame, statement);
    } else if (statement.tokens.size() > 2 && statement.tokens[1].text == ":") {  // "name: .branchtargets a, b"
      if (statement.tokens[2].text != ".branchtargets") continue;
      auto& list = frame.target_lists[statement.tokens[0].text];
      for (size_t i = 3; i < statement.tokens.size(); ++i) {
        if (statement.tokens[i].text != ",") list.push_back(statement.tokens[i].text);
      }
    } else {
      instruction(frame, statement);
    }
  }
  resolve(frame);
  frame.scope.close();
}

void KernelDecoder::resolve(const Frame& frame) {
  for (const Frame::Fixup& fixup : frame.fixups) {
    Instruction& branch = kernel_.code[fixup.instruction];
    const auto target = [&](const std::string& label) {
      const auto found = frame.labels.find(label);
      if (found == frame.labels.end()) fail_at(branch.line, "label '" + label + "' is not known");
      return found->second;
    };
    if (!fixup.indexed) {
      branch.target = target(fixup.label);
      continue;
    }
    const auto list = frame.target_lists.find(fixup.label);
    if (list == frame.target_lists.end()) fail_at(branch.line, "target list '" + fixup.label + "' is not known");
    for (const std::string& label : list->second) branch.targets.push_back(target(label));
  }
}

void KernelDecoder::declare(Frame& frame, const Statement& statement) {
  Cursor tokens(statement.tokens);
  const std::string word = tokens.next();
  if (word == ".reg") {
    declare_registers(frame, tokens);
  } else if (word == ".shared") {
    Variable variable = add_shared(parse_variable(tokens, Space::kShared));
    frame.scope.add(variable.name, {{}, variable});
  } else if (word == ".local" || word == ".param") {  // .param in a body: arguments of a call
    Variable variable = add_local(parse_variable(tokens, Space::kLocal));
    frame.scope.add(variable.name, {{}, variable});
  } else if (word != ".pragma") {
    fail_at(statement.line, "directive '" + word + "' is not supported");
  }
}

// ".reg .b32 %r<10>" declares %r0 to %r9.
void KernelDecoder::declare_registers(Frame& frame, Cursor& tokens) {
  Type type = Type::kNone;
  while (!tokens.peek().empty() && tokens.peek()[0] == '.') {
    if (const Type named = parse_type(tokens.next().substr(1)); named != Type::kNone) type = named;
  }
  if (type == Type::kB128) fail_at(tokens.line(), ".b128 registers are not supported");
  const bool wide = bytes_of(type) == 8, predicate = type == Type::kPredicate;
  while (!tokens.at_end()) {
    const std::string name = tokens.next();
    if (tokens.accept("<")) {
      const int64_t count = tokens.integer();
      tokens.expect(">");
      for (int64_t i = 0; i < count; ++i) {
        frame.scope.add(name + std::to_string(i), {registers_.add(wide, predicate), {}});
      }
    } else {
      frame.scope.add(name, {registers_.add(wide, predicate), {}});
    }
    tokens.accept(",");
  }
}

Variable KernelDecoder::add_shared(Variable variable) {
  if (variable.bytes == 0) {
    kernel_.uses_dynamic_shared = true;
  } else {
    variable.address = take(shared_bytes_, variable);
  }
  return variable;
}

Variable KernelDecoder::add_local(Variable variable) {
  variable.address = take(local_bytes_, variable);
  return variable;
}

size_t KernelDecoder::emit(const Instruction& instruction) {
  kernel_.code.push_back(instruction);
  kernel_.code.back().index = int(kernel_.code.size()) - 1;
  return kernel_.code.size() - 1;
}

}  // namespace tandem::ptx
