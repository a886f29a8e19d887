// How much of a device's memory may be taken, and how much of that is.
#pragma once
#include <algorithm>
#include <atomic>
#include <cstddef>
#include <limits>
#include <memory>

namespace tandem {

class MemoryBudget {
 public:
  explicit MemoryBudget(size_t limit) : limit_(limit > 0 ? limit : std::numeric_limits<size_t>::max()) {}

  // What is left, if the machine has `free` bytes.
  size_t left(size_t free) const { return std::min(free, limit_ - std::min<size_t>(*taken_, limit_)); }

  // `memory` is of so many bytes, which come back when its last owner goes; that may be after the budget.
  std::shared_ptr<std::byte> charge(std::shared_ptr<std::byte> memory, size_t bytes) const {
    *taken_ += bytes;
    std::byte* const address = memory.get();
    return {address, [memory = std::move(memory), taken = taken_, bytes](std::byte*) mutable {
              memory.reset();
              *taken -= bytes;
            }};
  }

 private:
  const size_t limit_;
  const std::shared_ptr<std::atomic<size_t>> taken_ = std::make_shared<std::atomic<size_t>>(0);
};

}  // namespace tandem
