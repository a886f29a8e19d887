// The state behind the CUDA runtime's C interface: what is registered, allocated and queued.
//
// That interface has no handle for a library instance, so this is the one place of the project with state of the
// process: a function-local static, never destroyed, since programs free their memory in destructors of their own.
#pragma once
#include <cuda_runtime_api.h>

#include <cstdio>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>

#include "kernels/ptx/machine.h"
#include "kernels/ptx/runtime/control.h"
#include "kernels/ptx/runtime/stream_queues.h"

// What a cublasHandle_t points to.
struct cublasContext {
  cudaStream_t stream = nullptr;
};

namespace tandem::ptx::runtime {

// A fat binary, that is a translation unit. Its PTX is loaded when something of it is first used.
struct Binary {
  const void* wrapper = nullptr;
  std::unique_ptr<Module> module;
};

struct DeviceFunction {
  Binary* binary = nullptr;
  std::string name;
  size_t max_dynamic_shared_bytes = 0;  // asked for by cudaFuncSetAttribute
  bool launched = false;
};

struct DeviceVariable {
  Binary* binary = nullptr;
  std::string name;
};

struct Event {
  WorkPointer recorded;  // the last recording; null: never
};

struct State {
  static State& get();

  Settings settings = settings_from_environment();
  Machine machine{settings.interpreter};
  StreamQueues streams;
  std::recursive_mutex mutex;

  std::vector<std::unique_ptr<Binary>> binaries;
  std::map<const void*, DeviceFunction> functions;  // by the address of the host's stub
  std::map<const void*, DeviceVariable> variables;  // by the address of the host's shadow

  std::map<Address, size_t> allocations;       // on the device
  std::map<Address, size_t> host_allocations;  // pinned
  std::map<Address, size_t> registered;        // by cudaHostRegister
  std::set<Event*> events;
  std::map<const cublasContext*, std::unique_ptr<cublasContext>> cublas_contexts;
  size_t bytes = 0;

  int allocation_calls = 0, launch_calls = 0, copy_calls = 0;  // since configure()
  cudaError_t sticky = cudaSuccess;                            // of a kernel that failed: no call succeeds after it
  uint64_t launches = 0;

  Module& module(Binary& binary);
  Stream* stream(cudaStream_t handle);  // nullptr: not a stream
  bool on_device(const void* p) const;
  bool pinned(const void* p) const;
};

// The variable behind a symbol; none if it is not one.
std::optional<Module::Symbol> find_variable(State& state, const void* shadow);

// The error that cudaGetLastError returns next, of this thread.
cudaError_t& last_error();
int& current_device();

// Remembers an error, and returns it.
inline cudaError_t result(cudaError_t error) {
  if (error != cudaSuccess) last_error() = error;
  return error;
}

inline bool holds(const std::map<Address, size_t>& ranges, const void* p) {
  const auto address = reinterpret_cast<Address>(p);
  auto after = ranges.upper_bound(address);
  return after != ranges.begin() && address < std::prev(after)->first + std::prev(after)->second;
}

// The body of a runtime function: one thread at a time, nothing without a device or after a kernel has failed, and no
// exception into the C interface.
template <class Body>
cudaError_t call(Body body) {
  State& state = State::get();
  const std::lock_guard lock(state.mutex);
  if (state.settings.devices == 0) return result(cudaErrorNoDevice);
  if (state.sticky != cudaSuccess) return result(state.sticky);
  try {
    return result(body(state));
  } catch (const std::exception& error) {
    std::fprintf(stderr, "CUDA stand-in: %s\n", error.what());
    return result(cudaErrorUnknown);
  }
}

}  // namespace tandem::ptx::runtime
