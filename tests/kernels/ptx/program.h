// What the tests of the interpreter share: a loaded PTX file, and arrays in its machine's memory.
#pragma once
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

#include "kernels/ptx/machine.h"

namespace tandem::ptx {

inline std::string read_ptx(const std::string& name) {
  std::ifstream file(std::string(TANDEM_PTX_FOLDER) + "/" + name);
  if (!file)
    throw std::runtime_error("no PTX file " + name + " in " + TANDEM_PTX_FOLDER + "; build the target test_ptx");
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

struct Program {
  Machine machine;
  Module module;

  explicit Program(const std::string& text, const Settings& settings = {})
      : machine(settings), module(machine.load(text)) {}

  template <class... Arguments>
  LaunchResult launch(const std::string& kernel, Dim3 grid, Dim3 block, uint64_t shared,
                      const Arguments&... arguments) {
    return machine.launch(module, kernel, grid, block, shared, arguments...);
  }
  uint64_t count(Problem kind) const { return machine.problems().count(kind); }

  template <class T>
  Address upload(const std::vector<T>& values) {
    const Address address = machine.allocate(values.size() * sizeof(T));
    machine.write(address, values.data(), values.size() * sizeof(T));
    return address;
  }
  template <class T>
  std::vector<T> download(Address address, size_t count) {
    std::vector<T> values(count);
    machine.read(values.data(), address, count * sizeof(T));
    return values;
  }
};

}  // namespace tandem::ptx
