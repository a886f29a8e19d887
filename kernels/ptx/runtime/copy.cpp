// Copies and fills. What is asynchronous follows the CUDA documentation:
//   * from pageable host memory the data are taken at the call;
//   * to pageable host memory, and between host memories, the call waits until the copy is done;
//   * with pinned memory the copy happens when the stream comes to it, with what is there then.
#include <cstring>

#include "kernels/ptx/runtime/state.h"

using namespace tandem::ptx;
using namespace tandem::ptx::runtime;

namespace {

Address address_of(const void* p) { return reinterpret_cast<Address>(p); }

// A copy of `rows` rows, whose lengths in memory are the pitches.
struct Copy {
  void* to;
  size_t to_pitch;
  const void* from;
  size_t from_pitch;
  size_t bytes, rows;
};

void copy_row(State& state, void* to, const void* from, size_t bytes, bool to_device, bool from_device) {
  if (to_device && from_device) {
    state.machine.copy(address_of(to), address_of(from), bytes);
  } else if (to_device) {
    state.machine.write(address_of(to), from, bytes);
  } else if (from_device) {
    state.machine.read(to, address_of(from), bytes);
  } else {
    std::memmove(to, from, bytes);
  }
}

// All of a range must lie in one allocation.
bool inside(State& state, const void* p, bool on_device, size_t bytes) {
  return !on_device || state.machine.holds(address_of(p), bytes);
}

const char* row(const void* p, size_t pitch, size_t i) { return static_cast<const char*>(p) + pitch * i; }

cudaError_t copy(State& state, const Copy& copy, cudaStream_t handle, bool asynchronous) {
  if (copy.bytes == 0 || copy.rows == 0) return cudaSuccess;
  if (++state.copy_calls == state.settings.fail_copy) return cudaErrorUnknown;
  Stream* stream = state.stream(handle);
  if (!stream) return cudaErrorInvalidResourceHandle;
  const bool to_device = state.on_device(copy.to), from_device = state.on_device(copy.from);
  for (size_t i = 0; i < copy.rows; ++i) {
    if (!inside(state, row(copy.to, copy.to_pitch, i), to_device, copy.bytes) ||
        !inside(state, row(copy.from, copy.from_pitch, i), from_device, copy.bytes)) {
      return cudaErrorInvalidValue;
    }
  }
  std::vector<char> staged;
  Copy source = copy;
  const bool takes_now = asynchronous && to_device && !from_device && !state.pinned(copy.from);
  if (takes_now) {
    for (size_t i = 0; i < copy.rows; ++i) {
      const char* begin = row(copy.from, copy.from_pitch, i);
      staged.insert(staged.end(), begin, begin + copy.bytes);
    }
    source.from_pitch = copy.bytes;
  }
  const WorkPointer work = state.streams.add(
      stream, [&state, source, takes_now, to_device, from_device, staged = std::move(staged)]() mutable {
        if (takes_now) source.from = staged.data();
        for (size_t i = 0; i < source.rows; ++i) {
          copy_row(state, const_cast<char*>(row(source.to, source.to_pitch, i)), row(source.from, source.from_pitch, i),
                   source.bytes, to_device, from_device);
        }
      });
  const bool waits = !asynchronous || (!to_device && !state.pinned(copy.to));
  if (waits) state.streams.run_until_done(*work);
  return waits ? state.sticky : cudaSuccess;
}

cudaError_t copy_bytes(void* to, const void* from, size_t bytes, cudaStream_t stream, bool asynchronous) {
  return call([&](State& state) { return copy(state, {to, bytes, from, bytes, bytes, 1}, stream, asynchronous); });
}

cudaError_t fill(State& state, void* p, int value, size_t bytes, cudaStream_t handle) {
  Stream* stream = state.stream(handle);
  if (!stream) return cudaErrorInvalidResourceHandle;
  if (!state.machine.holds(address_of(p), bytes)) return cudaErrorInvalidValue;
  state.streams.add(stream, [&state, p, value, bytes] { state.machine.fill(address_of(p), value, bytes); });
  return cudaSuccess;
}

// A place inside of a variable; nullptr if it has no such bytes.
void* in_symbol(State& state, const void* shadow, size_t bytes, size_t offset) {
  const auto variable = find_variable(state, shadow);
  if (!variable || offset > variable->bytes || bytes > variable->bytes - offset) return nullptr;
  return reinterpret_cast<void*>(variable->address + offset);
}

cudaError_t copy_symbol(const void* shadow, size_t offset, void* to, const void* from, size_t bytes,
                        cudaStream_t stream, bool asynchronous) {
  return call([&](State& state) {
    void* place = in_symbol(state, shadow, bytes, offset);
    if (!place) return cudaErrorInvalidSymbol;
    return copy(state, {to ? to : place, bytes, from ? from : place, bytes, bytes, 1}, stream, asynchronous);
  });
}

}  // namespace

extern "C" {

cudaError_t cudaMemcpy(void* to, const void* from, size_t bytes, cudaMemcpyKind) {
  return copy_bytes(to, from, bytes, nullptr, false);
}

cudaError_t cudaMemcpyAsync(void* to, const void* from, size_t bytes, cudaMemcpyKind, cudaStream_t stream) {
  return copy_bytes(to, from, bytes, stream, true);
}

cudaError_t cudaMemcpy2D(void* to, size_t to_pitch, const void* from, size_t from_pitch, size_t bytes, size_t rows,
                         cudaMemcpyKind) {
  return call([&](State& state) { return copy(state, {to, to_pitch, from, from_pitch, bytes, rows}, nullptr, false); });
}

cudaError_t cudaMemcpy2DAsync(void* to, size_t to_pitch, const void* from, size_t from_pitch, size_t bytes, size_t rows,
                              cudaMemcpyKind, cudaStream_t stream) {
  return call([&](State& state) { return copy(state, {to, to_pitch, from, from_pitch, bytes, rows}, stream, true); });
}

cudaError_t cudaMemset(void* p, int value, size_t bytes) {
  return call([&](State& state) { return fill(state, p, value, bytes, nullptr); });
}

cudaError_t cudaMemsetAsync(void* p, int value, size_t bytes, cudaStream_t stream) {
  return call([&](State& state) { return fill(state, p, value, bytes, stream); });
}

cudaError_t cudaMemcpyToSymbol(const void* symbol, const void* from, size_t bytes, size_t offset, cudaMemcpyKind) {
  return copy_symbol(symbol, offset, nullptr, from, bytes, nullptr, false);
}

cudaError_t cudaMemcpyFromSymbol(void* to, const void* symbol, size_t bytes, size_t offset, cudaMemcpyKind) {
  return copy_symbol(symbol, offset, to, nullptr, bytes, nullptr, false);
}

cudaError_t cudaMemcpyToSymbolAsync(const void* symbol, const void* from, size_t bytes, size_t offset, cudaMemcpyKind,
                                    cudaStream_t stream) {
  return copy_symbol(symbol, offset, nullptr, from, bytes, stream, true);
}

cudaError_t cudaMemcpyFromSymbolAsync(void* to, const void* symbol, size_t bytes, size_t offset, cudaMemcpyKind,
                                      cudaStream_t stream) {
  return copy_symbol(symbol, offset, to, nullptr, bytes, stream, true);
}

}  // extern "C"
