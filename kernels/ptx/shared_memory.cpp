#include "kernels/ptx/shared_memory.h"

#include <algorithm>

namespace tandem::ptx {

void SharedMemory::resize(uint64_t bytes, bool checked) {
  bytes_ = bytes;
  data_.assign(bytes + 16, 0);
  words_.assign(checked ? bytes / 4 + 4 : 0, Word());
}

void SharedMemory::begin_block() { std::fill(data_.begin(), data_.end(), uint8_t{0xcd}); }

}  // namespace tandem::ptx
