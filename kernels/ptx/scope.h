// The names a function's statements may use, nested as its braces are.
#pragma once
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "kernels/ptx/parser.h"

namespace tandem::ptx {

// A register or, if `variable` is set, an address.
struct Symbol {
  Operand reg;
  std::optional<Variable> variable;
};

class Scope {
 public:
  void open() { levels_.emplace_back(); }
  void close() { levels_.pop_back(); }
  void add(const std::string& name, Symbol symbol) { levels_.back()[name] = std::move(symbol); }
  const Symbol* find(const std::string& name) const {  // nullptr: not known here
    for (auto level = levels_.rbegin(); level != levels_.rend(); ++level) {
      if (const auto found = level->find(name); found != level->end()) return &found->second;
    }
    return nullptr;
  }
  const Symbol* find_register(const std::string& name) const {
    const Symbol* symbol = find(name);
    return symbol && !symbol->variable ? symbol : nullptr;
  }
  const Symbol* find_variable(const std::string& name) const {
    const Symbol* symbol = find(name);
    return symbol && symbol->variable ? symbol : nullptr;
  }

 private:
  std::vector<std::map<std::string, Symbol>> levels_;
};

}  // namespace tandem::ptx
