#include "kernels/ptx/memory_request.h"

#include <cstring>

#include "kernels/ptx/text.h"

namespace tandem::ptx {
namespace {

// Which bytes of each of its words an access touches.
uint8_t bytes_in_word(Address address, uint32_t bytes) {
  return uint8_t(bytes >= 4 ? 15 : ((1u << bytes) - 1) << (address & 3));
}

std::string describe(const Conflict& conflict) {
  return text(name_of(conflict.race), " by block ", conflict.block, " thread ", conflict.thread);
}

}  // namespace

MemoryRequest::MemoryRequest(Execution& run, Space space, uint32_t element_bytes, uint32_t count, Kind kind)
    : run_(run), space_(space), element_bytes_(element_bytes), bytes_(element_bytes * count), kind_(kind) {
  check_races_ = run.settings.check_global_races && !run.instruction->strong;
  global_rules_ = {true, run.kernel.has_fence, run.settings.strict_atomics};
  shared_rules_ = {false, false, run.settings.strict_atomics};
  access_.write = writes();
  access_.atomic = kind == Kind::kAtomic;
  who_.block = run.block_number;
  who_.epoch = run.epoch;
  who_.warp_epoch = run.warp->epoch;
}

uint8_t* MemoryRequest::place(int lane, Address address, const void* value) {
  Space space = space_;
  if (space == Space::kGeneric) {
    space = space_of(address);
    address &= kOffsetMask;
  }
  if (address & (bytes_ - 1)) {
    run_.problem(Problem::kMisaligned, lane, [&] { return text(bytes_, "-byte access to ", hexadecimal(address)); });
    return nullptr;
  }
  who_.thread = run_.warp->id * kWarpSize + uint32_t(lane);
  switch (space) {
    case Space::kShared:
      return shared(lane, address & 0xffffffff, value);
    case Space::kLocal:
      return local(lane, address);
    case Space::kParameter:
      return parameter(lane, address);
    default:
      return global(lane, address, value);
  }
}

uint8_t* MemoryRequest::global(int lane, Address address, const void* value) {
  Region* region = run_.last_region;
  if (!region || !region->contains(address, bytes_)) {
    region = run_.memory.find(address, bytes_);
    if (!region) {
      run_.problem(Problem::kGlobalOutOfBounds, lane, [&] {
        return text(writes() ? "write" : "read", " of ", bytes_, " bytes at ", run_.memory.describe(address));
      });
      return nullptr;
    }
    run_.last_region = region;
  }
  if (writes() && region->read_only) {
    run_.problem(Problem::kReadOnly, lane, [&] { return run_.memory.describe(address); });
    return nullptr;
  }
  const size_t offset = address - region->base;
  uint8_t* data = region->data + offset;
  if (region->written) check_written(lane, address, &region->written[offset]);
  if (region->history && check_races_) {
    const bool same_value = value && std::memcmp(data, value, bytes_) == 0;
    check_global_race(lane, address, *region, same_value);
  }
  return data;
}

void MemoryRequest::check_written(int lane, Address address, uint8_t* written) {
  if (kind_ == Kind::kWrite) {
    std::memset(written, 1, bytes_);
    return;
  }
  if (!run_.settings.check_uninitialised || all_written(written)) return;
  run_.problem(Problem::kGlobalUninitialised, lane,
               [&] { return text(bytes_, " bytes at ", run_.memory.describe(address)); });
  std::memset(written, 1, bytes_);
}

bool MemoryRequest::all_written(const uint8_t* written) const {
  if (std::memchr(written, 0, bytes_) == nullptr) return true;
  if (run_.settings.strict_uninitialised) return false;
  for (uint32_t byte = 0; byte < bytes_; byte += element_bytes_) {
    if (std::memchr(written + byte, 1, element_bytes_) == nullptr) return false;
  }
  return true;
}

void MemoryRequest::check_global_race(int lane, Address address, Region& region, bool same_value) {
  access_.same_value = same_value;
  access_.bytes = bytes_in_word(address, bytes_);
  who_.serial = run_.launch_serial;
  for (uint32_t byte = 0; byte < bytes_; byte += 4) {
    Conflict conflict;
    if (!region.history[(address - region.base + byte) / 4].enter(who_, access_, global_rules_, conflict)) continue;
    run_.problem(Problem::kGlobalRace, lane,
                 [&] { return describe(conflict) + " at " + run_.memory.describe(address + byte); });
    return;
  }
}

uint8_t* MemoryRequest::shared(int lane, uint64_t offset, const void* value) {
  if (offset + bytes_ > run_.shared.size()) {
    run_.problem(Problem::kSharedOutOfBounds, lane, [&] {
      return text(writes() ? "write" : "read", " of ", bytes_, " bytes at shared + ", offset, "; the block has ",
                  run_.shared.size(), " bytes, ", run_.kernel.static_shared_bytes, " of them static");
    });
    return nullptr;
  }
  uint8_t* data = run_.shared.at(offset);
  if (run_.settings.check_shared) {
    check_shared(lane, offset, value && std::memcmp(data, value, bytes_) == 0);
  }
  return data;
}

void MemoryRequest::check_shared(int lane, uint64_t offset, bool same_value) {
  access_.bytes = bytes_in_word(offset, bytes_);
  who_.serial = run_.block_serial;
  for (uint32_t byte = 0; byte < bytes_; byte += 4) {
    SharedMemory::Word& word = run_.shared.word(offset + byte);
    if (word.written_serial != run_.block_serial) {
      word.written_serial = run_.block_serial;
      word.written = 0;
    }
    if (kind_ != Kind::kWrite && (word.written & access_.bytes) != access_.bytes) {
      run_.problem(Problem::kSharedUninitialised, lane,
                   [&] { return text(bytes_, " bytes at shared + ", offset + byte); });
    }
    word.written |= access_.bytes;
    // What lies there before the first write of a block is no value that somebody wrote.
    access_.same_value = same_value && word.history.written_in(run_.block_serial);
    Conflict conflict;
    if (!word.history.enter(who_, access_, shared_rules_, conflict)) continue;
    run_.problem(Problem::kSharedRace, lane, [&] { return text(describe(conflict), " at shared + ", offset + byte); });
    return;
  }
}

uint8_t* MemoryRequest::local(int lane, uint64_t offset) {
  const uint64_t size = run_.kernel.local_bytes;
  if (offset + bytes_ > size) {
    run_.problem(Problem::kLocalOutOfBounds, lane,
                 [&] { return text(bytes_, " bytes at local + ", offset, ", of ", size); });
    return nullptr;
  }
  return &run_.warp->local[size_t(lane) * size + offset];
}

uint8_t* MemoryRequest::parameter(int lane, uint64_t offset) {
  if (offset + bytes_ > run_.parameters.size()) {
    run_.problem(Problem::kParameterOutOfBounds, lane, [&] { return text(bytes_, " bytes at parameter + ", offset); });
    return nullptr;
  }
  return &run_.parameters[offset];
}

}  // namespace tandem::ptx
