// One memory access of a warp's instruction, checked lane by lane.
#pragma once
#include <cstdint>

#include "kernels/ptx/execution.h"

namespace tandem::ptx {

class MemoryRequest {
 public:
  enum class Kind { kRead, kWrite, kAtomic };  // kAtomic: reads and writes

  // Each lane accesses `count` elements; the bytes of all are a power of two.
  MemoryRequest(Execution& run, Space space, uint32_t element_bytes, uint32_t count, Kind kind);

  // Where a lane's bytes are; nullptr if it must not access them, which has then been reported. `value`: what a write
  // will put there, if known; writing what is there is no race.
  uint8_t* place(int lane, Address address, const void* value = nullptr);

 private:
  bool writes() const { return kind_ != Kind::kRead; }
  uint8_t* global(int lane, Address address, const void* value);
  uint8_t* shared(int lane, uint64_t offset, const void* value);
  uint8_t* local(int lane, uint64_t offset);
  uint8_t* parameter(int lane, uint64_t offset);
  void check_written(int lane, Address address, uint8_t* written);
  bool all_written(const uint8_t* written) const;
  void check_global_race(int lane, Address address, Region& region, bool same_value);
  void check_shared(int lane, uint64_t offset, bool same_value);

  Execution& run_;
  Space space_;
  uint32_t element_bytes_, bytes_;
  Kind kind_;
  bool check_races_;
  AccessHistory::Rules global_rules_, shared_rules_;
  Accessor who_{};  // these two with what is the same for all lanes
  Access access_;
};

}  // namespace tandem::ptx
