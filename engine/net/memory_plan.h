// Where each activation and gradient lies. Every buffer has a lifetime in steps of the pass (forward of layer l is step
// l, backward of layer l is step 2L-1-l); buffers whose lifetimes do not meet share memory.
#pragma once
#include <cstddef>
#include <vector>

namespace tandem {

struct BufferLifetime {
  size_t bytes = 0;
  int first = 0, last = 0;  // steps, inclusive
};

struct MemoryLayout {
  std::vector<size_t> offsets;  // one a buffer, 64-byte aligned
  size_t bytes = 0;             // of the whole arena
};

// Offsets such that buffers alive at the same step do not overlap. Largest first, each at the lowest offset that is
// free for its lifetime. share = false gives every buffer memory of its own (the oracle for tests; and nothing is lost,
// for looking at every activation).
MemoryLayout place_buffers(const std::vector<BufferLifetime>& buffers, bool share);

}  // namespace tandem
