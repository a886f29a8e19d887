// An imaginary GPU that runs the PTX which nvcc makes of a kernel, on a CPU: slowly, but telling what the kernel does
// wrong (problems.h) and what it costs (counters.h).
//
//   Machine machine;
//   Module module = machine.load(ptx);
//   Address x = machine.allocate(bytes);
//   machine.write(x, values, bytes);
//   machine.launch(module, "double_it", {8}, {128}, 0, x, 1000);
//   machine.read(values, x, bytes);
//   if (machine.problems().count() > 0) ...
//
// How it works. A module's text is cut into tokens (lexer), declarations and statements (parser), and each kernel
// decoded into instructions with its device functions inlined (decoder). A launch runs block after block (grid
// scheduler), in a block warp after warp from barrier to barrier (block scheduler), in a warp the 32 lanes in lock step
// (warp scheduler), and each instruction for all active lanes at once (execute_*.cpp).
//
// What it does not show: timing, registers and occupancy, what ptxas makes of the PTX, and weak memory: memory is
// sequentially consistent, blocks and warps take turns. What is not supported is refused with an Error, never guessed:
// tensor-core instructions, clusters, bulk copies, textures, recursion, indirect calls.
#pragma once
#include <memory>
#include <string>

#include "kernels/ptx/grid_scheduler.h"
#include "kernels/ptx/module.h"
#include "kernels/ptx/problems.h"
#include "kernels/ptx/settings.h"

namespace tandem::ptx {

class Machine {
 public:
  explicit Machine(const Settings& settings = {}) : settings_(settings) {}

  Settings& settings() { return settings_; }

  // Throws Error if the text is not PTX. Kernels that are not supported are left out, see Module::unsupported.
  Module load(const std::string& text) { return Module(text, memory_); }

  // Global memory. What is fresh counts as not written; addresses are multiples of 256.
  Address allocate(size_t bytes) { return memory_->allocate(bytes, settings_.check_global_races); }
  void free(Address address) { memory_->free(address); }
  // Lends memory of the host to kernels: its address is the device address, too. free() takes it back.
  Address register_host_memory(void* memory, size_t bytes) {
    return memory_->lend(memory, bytes, settings_.check_global_races);
  }

  bool holds(Address address, size_t bytes) const { return memory_->find(address, bytes) != nullptr; }

  // Copies between host and device. Each throws Error if it leaves the allocation.
  void write(Address to, const void* from, size_t bytes) { memory_->write(to, from, bytes); }
  void read(void* to, Address from, size_t bytes) { memory_->read(to, from, bytes); }
  void copy(Address to, Address from, size_t bytes) { memory_->copy(to, from, bytes); }
  void fill(Address to, int value, size_t bytes) { memory_->fill(to, value, bytes); }

  // For a library that works on device memory in the place of kernels: whether all bytes of a range have been written,
  // that they now are, and what it found wrong.
  bool written(Address address, size_t bytes) const { return memory_->written(address, bytes); }
  void mark_written(Address address, size_t bytes) { memory_->mark_written(address, bytes); }
  void report_library_call(std::string message);

  // Runs a kernel of a module of this machine. Its arguments must have the types of the kernel's parameters; pointers
  // are Addresses.
  LaunchResult launch(const Module& module, const std::string& kernel, const LaunchConfiguration& configuration);
  template <class... Arguments>
  LaunchResult launch(const Module& module, const std::string& kernel, Dim3 grid, Dim3 block,
                      uint64_t dynamic_shared_bytes, const Arguments&... arguments) {
    const void* pointers[] = {&arguments..., nullptr};
    return launch(module, kernel, {grid, block, dynamic_shared_bytes, pointers, sizeof...(arguments)});
  }

  const Problems& problems() const { return problems_; }  // of all launches
  const Counters& counters() const { return counters_; }  // of the last launch

 private:
  Settings settings_;
  std::shared_ptr<Memory> memory_ = std::make_shared<Memory>();  // modules keep it alive, for their variables
  Problems problems_;
  Counters counters_;
  uint32_t launches_ = 0;
};

}  // namespace tandem::ptx
