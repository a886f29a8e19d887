// Memory of the device, and of the host.
#include <algorithm>
#include <cstdlib>
#include <cstring>

#include "kernels/ptx/runtime/state.h"

using namespace tandem::ptx;
using namespace tandem::ptx::runtime;

namespace {

Address address_of(const void* p) { return reinterpret_cast<Address>(p); }

cudaError_t allocate(State& state, void** p, size_t bytes) {
  *p = nullptr;
  if (bytes == 0) return cudaSuccess;
  if (++state.allocation_calls == state.settings.fail_allocation ||
      bytes > state.settings.memory_bytes - std::min(state.bytes, state.settings.memory_bytes)) {
    return cudaErrorMemoryAllocation;
  }
  const Address address = state.machine.allocate(bytes);
  state.allocations[address] = bytes;
  state.bytes += bytes;
  *p = reinterpret_cast<void*>(address);
  return cudaSuccess;
}

cudaError_t release(State& state, void* p) {
  const auto found = state.allocations.find(address_of(p));
  if (found == state.allocations.end()) return cudaErrorInvalidValue;
  state.bytes -= found->second;
  state.allocations.erase(found);
  state.machine.free(address_of(p));
  return cudaSuccess;
}

// Pinned memory is addressable by kernels, too.
cudaError_t allocate_host(State& state, void** p, size_t bytes) {
  *p = nullptr;
  if (++state.allocation_calls == state.settings.fail_allocation) return cudaErrorMemoryAllocation;
  if (bytes == 0) return cudaSuccess;
  constexpr size_t kPage = 4096;
  *p = std::aligned_alloc(kPage, (bytes + kPage - 1) / kPage * kPage);
  if (!*p) return cudaErrorMemoryAllocation;
  state.machine.register_host_memory(*p, bytes);
  state.host_allocations[address_of(*p)] = bytes;
  return cudaSuccess;
}

}  // namespace

extern "C" {

cudaError_t cudaMalloc(void** p, size_t bytes) {
  return call([&](State& state) { return allocate(state, p, bytes); });
}

cudaError_t cudaFree(void* p) {
  return call([&](State& state) {
    if (!p) return cudaSuccess;
    state.streams.run_all();  // as the real one does
    return release(state, p);
  });
}

// Memory is there at once, and goes when the stream comes to it.
cudaError_t cudaMallocAsync(void** p, size_t bytes, cudaStream_t) { return cudaMalloc(p, bytes); }

cudaError_t cudaFreeAsync(void* p, cudaStream_t handle) {
  return call([&](State& state) {
    if (!p) return cudaSuccess;
    Stream* stream = state.stream(handle);
    if (!stream) return cudaErrorInvalidResourceHandle;
    if (!state.allocations.contains(address_of(p))) return cudaErrorInvalidValue;
    state.streams.add(stream, [&state, p] { release(state, p); });
    return cudaSuccess;
  });
}

cudaError_t cudaMallocHost(void** p, size_t bytes) {
  return call([&](State& state) { return allocate_host(state, p, bytes); });
}
cudaError_t cudaHostAlloc(void** p, size_t bytes, unsigned) { return cudaMallocHost(p, bytes); }
cudaError_t cudaMallocManaged(void** p, size_t bytes, unsigned) { return cudaMallocHost(p, bytes); }

cudaError_t cudaFreeHost(void* p) {
  return call([&](State& state) {
    if (!p) return cudaSuccess;
    if (!state.host_allocations.contains(address_of(p))) return cudaErrorInvalidValue;
    state.streams.run_all();
    state.host_allocations.erase(address_of(p));
    state.machine.free(address_of(p));
    std::free(p);
    return cudaSuccess;
  });
}

cudaError_t cudaHostRegister(void* p, size_t bytes, unsigned) {
  return call([&](State& state) {
    if (!p || bytes == 0 || state.pinned(p)) return cudaErrorInvalidValue;
    state.machine.register_host_memory(p, bytes);
    state.registered[address_of(p)] = bytes;
    return cudaSuccess;
  });
}

cudaError_t cudaHostUnregister(void* p) {
  return call([&](State& state) {
    if (state.registered.erase(address_of(p)) == 0) return cudaErrorInvalidValue;
    state.streams.run_all();
    state.machine.free(address_of(p));
    return cudaSuccess;
  });
}

cudaError_t cudaPointerGetAttributes(cudaPointerAttributes* attributes, const void* p) {
  return call([&](State& state) {
    std::memset(attributes, 0, sizeof *attributes);
    const bool pinned = state.pinned(p);
    attributes->type = state.on_device(p) ? cudaMemoryTypeDevice
                       : pinned           ? cudaMemoryTypeHost
                                          : cudaMemoryTypeUnregistered;
    if (attributes->type != cudaMemoryTypeUnregistered) attributes->devicePointer = const_cast<void*>(p);
    if (pinned) attributes->hostPointer = const_cast<void*>(p);
    return cudaSuccess;
  });
}

cudaError_t cudaGetSymbolAddress(void** p, const void* shadow) {
  return call([&](State& state) {
    const auto variable = find_variable(state, shadow);
    if (!variable) return cudaErrorInvalidSymbol;
    *p = reinterpret_cast<void*>(variable->address);
    return cudaSuccess;
  });
}

cudaError_t cudaGetSymbolSize(size_t* bytes, const void* shadow) {
  return call([&](State& state) {
    const auto variable = find_variable(state, shadow);
    if (!variable) return cudaErrorInvalidSymbol;
    *bytes = variable->bytes;
    return cudaSuccess;
  });
}

}  // extern "C"
