// Loads and stores of one to eight elements a lane, and cp.async.
#include <algorithm>
#include <cstring>

#include "kernels/ptx/addresses.h"
#include "kernels/ptx/execute.h"
#include "kernels/ptx/lane_loops.h"
#include "kernels/ptx/memory_request.h"

namespace tandem::ptx {
namespace {

constexpr int kMaxElements = 8;

template <class T>
void load(Execution& run, LaneMask active, const Address* addresses) {
  const Instruction& i = *run.instruction;
  const size_t count = i.vector_length;
  const Registers registers = run.registers;
  MemoryRequest request(run, i.space, sizeof(T), i.vector_length, MemoryRequest::Kind::kRead);
  for (LaneMask rest = active; rest; rest &= rest - 1) {
    const int lane = first_lane(rest);
    const uint8_t* from = request.place(lane, addresses[lane]);
    for (size_t k = 0; k < count; ++k) {
      T value = T(-1);  // of an access that must not happen
      if (from) std::memcpy(&value, from + k * sizeof(T), sizeof(T));
      const Operand& element = i.elements[k];
      if (element.kind == Operand::Kind::kSink) continue;
      registers.write_lane(element, lane, std::is_signed_v<T> ? uint64_t(int64_t(value)) : uint64_t(value));
    }
  }
}

template <class T>
void store(Execution& run, LaneMask active, const Address* addresses) {
  const Instruction& i = *run.instruction;
  const uint32_t bytes = sizeof(T) * i.vector_length;
  MemoryRequest request(run, i.space, sizeof(T), i.vector_length, MemoryRequest::Kind::kWrite);
  T scratch[kMaxElements][kWarpSize];
  const T* values[kMaxElements];
  for (int k = 0; k < i.vector_length; ++k) values[k] = run.registers.read<T>(i.elements[size_t(k)], scratch[k]);
  for (LaneMask rest = active; rest; rest &= rest - 1) {
    const int lane = first_lane(rest);
    T elements[kMaxElements];
    for (int k = 0; k < i.vector_length; ++k) elements[k] = values[k][lane];
    if (uint8_t* to = request.place(lane, addresses[lane], elements)) std::memcpy(to, elements, bytes);
  }
}

template <class T>
void load_or_store(Execution& run, LaneMask active) {
  const Instruction& i = *run.instruction;
  Address addresses[kWarpSize];
  compute_addresses(run, 0, addresses);
  if (run.settings.count && i.space != Space::kParameter && i.space != Space::kConstant) {
    count_request(run, i.space, addresses, active, sizeof(T) * i.vector_length, i.opcode == Opcode::kStore);
  }
  if (i.opcode == Opcode::kStore) {
    store<T>(run, active, addresses);
  } else {
    load<T>(run, active, addresses);
  }
}

// Copies that a thread has waited for happen now.
void perform(Execution& run, int lane, std::vector<PendingCopy>& copies) {
  for (const PendingCopy& copy : copies) {
    uint8_t bytes[16] = {};
    if (copy.source_bytes) {
      MemoryRequest read(run, Space::kGlobal, copy.source_bytes, 1, MemoryRequest::Kind::kRead);
      const uint8_t* from = read.place(lane, copy.from);
      if (from) std::memcpy(bytes, from, copy.source_bytes);
    }
    MemoryRequest write(run, Space::kShared, copy.bytes, 1, MemoryRequest::Kind::kWrite);
    if (uint8_t* to = write.place(lane, copy.to)) std::memcpy(to, bytes, copy.bytes);
  }
  copies.clear();
}

// All but the newest `open` groups, not counting the one to which copies are still added.
void wait_for_copies(Execution& run, int lane, Warp::CopyGroups& groups, size_t open) {
  while (groups.size() > open + 1) {
    perform(run, lane, groups.front());
    groups.erase(groups.begin());
  }
}

void issue_copies(Execution& run, LaneMask active) {
  const Instruction& i = *run.instruction;
  const uint32_t bytes = i.vector_length;
  Address to[kWarpSize], from[kWarpSize];
  uint32_t scratch[kWarpSize];
  compute_addresses(run, 0, to);
  compute_addresses(run, 1, from);
  const uint32_t* sizes = i.source_count > 2 ? run.registers.read<uint32_t>(i.sources[2], scratch) : nullptr;
  if (run.settings.count) count_request(run, Space::kGlobal, from, active, bytes, false);
  for_lanes(active, [&](int lane) {
    const uint32_t source_bytes = sizes ? std::min(sizes[lane], bytes) : bytes;
    (*run.warp->copies)[size_t(lane)].back().push_back({uint32_t(to[lane]), from[lane], bytes, source_bytes});
  });
}

}  // namespace

void execute_load_or_store(Execution& run, LaneMask active) {
  switch (run.instruction->type) {
    case Type::kU8:
    case Type::kB8:
      return load_or_store<uint8_t>(run, active);
    case Type::kS8:
      return load_or_store<int8_t>(run, active);
    case Type::kF16:
    case Type::kBf16:
      return load_or_store<uint16_t>(run, active);
    case Type::kF32:
    case Type::kF16x2:
    case Type::kBf16x2:
      return load_or_store<uint32_t>(run, active);
    case Type::kF64:
      return load_or_store<uint64_t>(run, active);
    default:
      with_integer(run, run.instruction->type, [&](auto zero) { load_or_store<decltype(zero)>(run, active); });
  }
}

void execute_async_copy(Execution& run, LaneMask active) {
  const Instruction& i = *run.instruction;
  auto& copies = run.warp->copies;
  if (!copies) copies = std::make_unique<std::array<Warp::CopyGroups, kWarpSize>>();
  for_lanes(active, [&](int lane) {
    Warp::CopyGroups& groups = (*copies)[size_t(lane)];
    if (groups.empty()) groups.emplace_back();
    if (i.opcode == Opcode::kAsyncCommit) groups.emplace_back();
    if (i.opcode == Opcode::kAsyncWaitGroup) wait_for_copies(run, lane, groups, size_t(i.second_offset));
    if (i.opcode == Opcode::kAsyncWaitAll) {
      wait_for_copies(run, lane, groups, 0);
      perform(run, lane, groups.back());
    }
  });
  if (i.opcode == Opcode::kAsyncCopy) issue_copies(run, active);
}

}  // namespace tandem::ptx
