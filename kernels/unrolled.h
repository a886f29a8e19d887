// A loop whose length some instances of a kernel know when they are compiled.
#pragma once
#include "kernels/kernel.h"

namespace tandem::KERNEL_NAMESPACE {

// Calls body(0), body(1), ... kCount times, unrolled; or `count` times in a plain loop where kCount is 0. (The unroll
// pragma on a loop of unknown length would copy its body 32 times: nested twice, minutes of compiling.)
template <int kCount, class Body>
__device__ __forceinline__ void unrolled(int count, Body&& body) {
  if constexpr (kCount > 0) {
    UNROLL
    for (int i = 0; i < kCount; ++i) body(i);
  } else {
    for (int i = 0; i < count; ++i) body(i);
  }
}

}  // namespace tandem::KERNEL_NAMESPACE
