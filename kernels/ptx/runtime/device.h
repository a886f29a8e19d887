// The GPU that the stand-in says there is: the limits of its compute capability, and a small number of multiprocessors,
// which makes grids that depend on it small.
#pragma once
#include <cstddef>

namespace tandem::ptx::runtime {

constexpr size_t kSharedBytesPerBlock = 48 << 10;  // without asking
constexpr size_t kSharedBytesPerMultiprocessor = 164 << 10;
constexpr int kMultiprocessors = 4, kThreadsPerMultiprocessor = 2048;

// Of a block, with cudaFuncSetAttribute.
inline size_t max_shared_bytes(int compute_capability) {
  switch (compute_capability) {
    case 75:
      return 64 << 10;
    case 80:
    case 87:
      return 163 << 10;
    case 90:
    case 100:
      return 227 << 10;
    default:
      return 99 << 10;
  }
}

}  // namespace tandem::ptx::runtime
