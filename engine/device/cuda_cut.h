// How work is cut on a GPU: of the CUDA device, and of the dry one that is counted in its place.
#pragma once
#include <cstddef>

namespace tandem {

inline constexpr size_t kCudaTileBytes = size_t(256) << 20;
inline constexpr int kCudaPartialSums = 1;

}  // namespace tandem
