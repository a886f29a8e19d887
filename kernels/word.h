// Word: the piece that one thread of a copying kernel moves at once, 16 bytes on the GPU, a SIMD register on the host.
// A copy does not care what the bits mean, so such a kernel is a template over what it moves: a Word where the sizes
// allow it (of bf16 as of float, without converting), else a single element.
#pragma once
#include <cstdint>

#include "kernels/kernel.h"

namespace tandem::KERNEL_NAMESPACE {

#if defined(__CUDACC__)
struct alignas(16) Word {
  uint32_t part[4];
};
#else
struct __attribute__((may_alias)) Word {  // may_alias: it reads and writes arrays of T
  char byte[kRegisterBytes];
};
#endif

// Whether `count` elements of T are whole Words.
template <class T>
constexpr bool whole_words(int count) {
  return count * sizeof(T) % sizeof(Word) == 0;
}

}  // namespace tandem::KERNEL_NAMESPACE
