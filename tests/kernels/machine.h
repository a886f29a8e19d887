// What kernel tests run on: the host's runtime (machine_host.cpp), or the interpreter of what nvcc made of the same
// kernels (ptx/machine_ptx.cpp). A test program links one of them.
#pragma once
#include <cstddef>
#include <functional>

#include "kernels/table.h"

namespace tandem::test {

template <class T>
const Table<T>& table();  // double: always the host's

// Memory that tests and kernels can read and write, 64-byte aligned.
void* allocate(size_t bytes);
void release(void* memory) noexcept;

// Calls run(stream) for every way to run kernels but the plain one, a null stream: spread over workers, and with the
// threads of a block, or blocks and warps, in other orders.
void in_every_other_way(const std::function<void(Stream)>& run);

// Is a case of so many elements small enough for this machine and build?
bool affordable(long elements);

}  // namespace tandem::test
