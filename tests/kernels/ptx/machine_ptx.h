// How the kernel tests run on the interpreter.
#pragma once
#include <cstdint>

#include "kernels/ptx/runtime/control.h"

namespace tandem::test {

// In this order of blocks and warps, with approximate instructions off by up to 2 units in the last place.
void configure(ptx::Order order, uint64_t seed);

}  // namespace tandem::test
