#include "kernels/ptx/module.h"

#include <algorithm>
#include <cstring>

#include "kernels/ptx/error.h"
#include "kernels/ptx/text.h"

namespace tandem::ptx {
namespace {

// Writes "= {1, 2, other+4, generic(other)}" into a variable, an element after another.
void initialise(Region& region, const Variable& variable, const std::vector<Token>& initialiser,
                const Globals& globals) {
  const size_t element_bytes = size_t(bytes_of(variable.type));
  Cursor tokens(initialiser);
  size_t offset = 0;
  while (!tokens.at_end()) {
    if (tokens.accept("{") || tokens.accept("}") || tokens.accept(",")) continue;
    const bool negative = tokens.accept("-");
    const bool generic = tokens.accept("generic");
    if (generic) tokens.expect("(");
    const std::string word = tokens.next();
    uint64_t value = 0;
    if (is_number(word)) {
      value = parse_number(word).bits;
      if (negative) value = 0 - value;
    } else if (const auto global = globals.find(word); global != globals.end()) {
      value = global->second.address;
    } else {
      fail_at(tokens.line(), "initial value '" + word + "' of " + variable.name + " is not understood");
    }
    if (generic) tokens.expect(")");
    if (tokens.accept("+")) value += uint64_t(tokens.integer());
    if (offset + element_bytes <= region.bytes) std::memcpy(region.data + offset, &value, element_bytes);
    offset += element_bytes;
  }
}

}  // namespace

Module::Module(const std::string& text, std::shared_ptr<Memory> memory) : memory_(std::move(memory)) {
  const ParsedModule parsed = parse(text);
  files_ = parsed.files;
  for (const ParsedModule::Global& global : parsed.globals) add_variable(global);
  for (const std::string& name : parsed.kernels) {
    try {
      kernels_.push_back(KernelDecoder(parsed, globals_).decode(parsed.functions.at(name)));
    } catch (const Error& error) {
      unsupported_[name] = error.what();
    }
  }
}

Module::~Module() {
  if (!memory_) return;  // moved from
  for (const auto& [name, variable] : globals_) {
    if (variable.space != Space::kShared) memory_->free(variable.address);
  }
}

void Module::add_variable(const ParsedModule::Global& global) {
  Variable variable = global.variable;
  if (variable.space != Space::kShared) {
    if (globals_.contains(variable.name) && variable.bytes == 0) return;  // declared once more
    Region& region = memory_->add_variable(variable.name, variable.bytes, variable.space == Space::kConstant);
    variable.address = region.base;
    globals_[variable.name] = variable;
    initialise(region, variable, global.initialiser, globals_);
  } else {
    globals_[variable.name] = variable;
  }
}

const Kernel& Module::kernel(const std::string& name) const {
  const Kernel* found = nullptr;
  int matches = 0;
  for (const Kernel& kernel : kernels_) {
    if (kernel.name == name || kernel.demangled == name) return kernel;
    if (kernel.demangled.find(name) == std::string::npos) continue;
    found = &kernel;
    ++matches;
  }
  if (matches == 1) return *found;
  if (const auto reason = unsupported_.find(name); reason != unsupported_.end()) {
    throw Error("kernel " + name + " is not supported: " + reason->second);
  }
  if (matches > 1) throw Error(text("kernel '", name, "' may be any of ", matches, "; give more of its name"));
  throw Error("there is no kernel '" + name + "' in the module");
}

std::optional<Module::Symbol> Module::variable(const std::string& name) const {
  const auto found = globals_.find(name);
  if (found == globals_.end() || found->second.space == Space::kShared) return std::nullopt;
  return Symbol{found->second.address, found->second.bytes};
}

bool Module::owns(Address address) const {
  return std::any_of(globals_.begin(), globals_.end(), [&](const auto& entry) {
    const Variable& variable = entry.second;
    return variable.space != Space::kShared && address >= variable.address &&
           address - variable.address < variable.bytes;
  });
}

}  // namespace tandem::ptx
