// The shared memory of the running block.
#pragma once
#include <cstdint>
#include <vector>

#include "kernels/ptx/access_history.h"

namespace tandem::ptx {

class SharedMemory {
 public:
  struct Word {
    AccessHistory history;
    uint32_t written_serial = 0;  // of the block that `written` is about
    uint8_t written = 0;          // bytes with a value, a bit each
  };

  // For the blocks of one launch. `checked`: words() exist.
  void resize(uint64_t bytes, bool checked);
  void begin_block();  // fills it with a pattern

  uint64_t size() const { return bytes_; }
  uint8_t* at(uint64_t offset) { return &data_[offset]; }
  Word& word(uint64_t offset) { return words_[offset / 4]; }

 private:
  uint64_t bytes_ = 0;
  std::vector<uint8_t> data_;
  std::vector<Word> words_;
};

}  // namespace tandem::ptx
