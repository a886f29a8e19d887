// Finds races: for every 32-bit word of memory, who wrote and who read it last.
//
// Two accesses of different threads race if one of them writes, nothing orders them, and they are not both atomic. What
// orders threads of a block is a barrier (the epoch of both accesses differs), what orders lanes of a warp is a
// __syncwarp, too (the warp epoch). Nothing orders blocks. A write of the value that is there already is no race.
#pragma once
#include <cstdint>

namespace tandem::ptx {

// Who accesses. Serials and epochs are never used twice, so records of the past need no clearing.
struct Accessor {
  uint32_t serial;  // of the launch (global memory) or of the block (shared memory)
  uint32_t block, thread, epoch, warp_epoch;
};

struct Access {
  bool write = false, atomic = false;
  bool same_value = false;  // writes what is there
  uint8_t bytes = 15;       // which of the word's four, a bit each
};

enum class Race : uint8_t { kWriteAfterWrite, kReadAfterWrite, kWriteAfterRead };
const char* name_of(Race race);

// A race, and whose access was the earlier one.
struct Conflict {
  Race race = Race::kWriteAfterWrite;
  uint32_t block = 0, thread = 0;
};

class AccessHistory {
 public:
  struct Rules {
    bool between_blocks = true;   // global memory
    bool blocks_ordered = false;  // by fences: blocks are not checked against each other
    bool strict_atomics = false;
  };

  // Enters an access. Returns whether it races with an earlier one, and fills in `conflict` if it does.
  bool enter(const Accessor& who, const Access& access, const Rules& rules, Conflict& conflict);

  bool written_in(uint32_t serial) const { return write_serial_ == serial; }

 private:
  static bool same_warp(uint32_t thread, uint32_t other) { return thread >> 5 == other >> 5; }
  static bool unordered(const Accessor& who, const Rules& rules, uint32_t block, uint32_t thread, uint32_t epoch,
                        uint32_t warp_epoch);
  bool conflicts_with_write(const Accessor& who, const Access& access, const Rules& rules) const;
  bool conflicts_with_reads(const Accessor& who, const Access& access, const Rules& rules) const;
  void record_write(const Accessor& who, const Access& access);
  void record_read(const Accessor& who, const Access& access);

  // Which others have read the word since: bits of readers_.
  enum : uint8_t { kLanes = 1, kWarps = 2, kBlocks = 4 };

  uint32_t write_serial_ = 0, read_serial_ = 0, write_block_ = 0, read_block_ = 0, write_epoch_ = 0, read_epoch_ = 0,
           write_warp_epoch_ = 0, read_warp_epoch_ = 0;
  uint16_t write_thread_ = 0, read_thread_ = 0;
  uint8_t written_bytes_ = 0, read_bytes_ = 0;
  bool written_atomically_ = false;
  uint8_t readers_ = 0;
};

// Inline, since every access of every lane comes here.

// Whether nothing orders an earlier access before `who`'s.
inline bool AccessHistory::unordered(const Accessor& who, const Rules& rules, uint32_t block, uint32_t thread,
                                     uint32_t epoch, uint32_t warp_epoch) {
  if (rules.between_blocks && block != who.block) return !rules.blocks_ordered;
  if (thread == who.thread || epoch != who.epoch) return false;
  return !same_warp(thread, who.thread) || warp_epoch == who.warp_epoch;
}

inline bool AccessHistory::conflicts_with_write(const Accessor& who, const Access& access, const Rules& rules) const {
  if (write_serial_ != who.serial || !(written_bytes_ & access.bytes)) return false;
  if (written_atomically_ && access.atomic) return false;
  // A plain read of a flag or counter that others change atomically is common and harmless where it is a hint.
  if (written_atomically_ && !access.write && rules.between_blocks && !rules.strict_atomics) return false;
  if (access.write && access.same_value) return false;
  return unordered(who, rules, write_block_, write_thread_, write_epoch_, write_warp_epoch_);
}

inline bool AccessHistory::conflicts_with_reads(const Accessor& who, const Access& access, const Rules& rules) const {
  if (!access.write || access.same_value || read_serial_ != who.serial || !(read_bytes_ & access.bytes)) return false;
  if (access.atomic && rules.between_blocks && !rules.strict_atomics) return false;
  if ((readers_ & kBlocks) && !rules.blocks_ordered) return true;
  if (unordered(who, rules, read_block_, read_thread_, read_epoch_, read_warp_epoch_)) return true;
  if (read_block_ != who.block || read_epoch_ != who.epoch) return false;
  if (readers_ & kWarps) return true;
  return (readers_ & kLanes) && same_warp(read_thread_, who.thread) && read_warp_epoch_ == who.warp_epoch;
}

inline void AccessHistory::record_write(const Accessor& who, const Access& access) {
  const bool by_the_same = write_serial_ == who.serial && write_thread_ == who.thread && write_block_ == who.block &&
                           write_epoch_ == who.epoch;
  written_bytes_ = uint8_t(by_the_same ? written_bytes_ | access.bytes : access.bytes);
  write_serial_ = who.serial;
  write_block_ = who.block;
  write_thread_ = uint16_t(who.thread);
  write_epoch_ = who.epoch;
  write_warp_epoch_ = who.warp_epoch;
  written_atomically_ = access.atomic;
}

// A read of other bytes than the ones on record replaces the record: no false alarms, some missed ones.
inline void AccessHistory::record_read(const Accessor& who, const Access& access) {
  if (read_serial_ != who.serial || !(read_bytes_ & access.bytes)) {
    readers_ = 0;
    read_bytes_ = access.bytes;
  } else if (read_block_ != who.block) {
    readers_ = kBlocks;
    read_bytes_ |= access.bytes;
  } else if (read_epoch_ != who.epoch) {
    readers_ &= kBlocks;
    read_bytes_ = uint8_t(readers_ ? read_bytes_ | access.bytes : access.bytes);
  } else {
    if (read_thread_ != who.thread) {
      if (!same_warp(read_thread_, who.thread)) {
        readers_ |= kWarps;
      } else if (read_warp_epoch_ == who.warp_epoch) {
        readers_ |= kLanes;
      } else {
        readers_ &= uint8_t(~kLanes);
      }
    }
    read_bytes_ |= access.bytes;
  }
  read_serial_ = who.serial;
  read_block_ = who.block;
  read_thread_ = uint16_t(who.thread);
  read_epoch_ = who.epoch;
  read_warp_epoch_ = who.warp_epoch;
}

inline bool AccessHistory::enter(const Accessor& who, const Access& access, const Rules& rules, Conflict& conflict) {
  bool races = false;
  if (conflicts_with_write(who, access, rules)) {
    conflict = {access.write ? Race::kWriteAfterWrite : Race::kReadAfterWrite, write_block_, write_thread_};
    races = true;
  }
  if (conflicts_with_reads(who, access, rules)) {
    conflict = {Race::kWriteAfterRead, read_block_, read_thread_};
    races = true;
  }
  if (access.write) {
    record_write(who, access);
  } else {
    record_read(who, access);
  }
  return races;
}

}  // namespace tandem::ptx
