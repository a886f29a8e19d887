#include "engine/net/memory_plan.h"

#include <algorithm>
#include <numeric>

namespace tandem {

MemoryLayout place_buffers(const std::vector<BufferLifetime>& buffers, bool share) {
  constexpr size_t kAlignment = 64;
  const auto padded = [](size_t bytes) { return (bytes + kAlignment - 1) / kAlignment * kAlignment; };
  MemoryLayout layout;
  layout.offsets.resize(buffers.size());
  std::vector<size_t> order(buffers.size());
  std::iota(order.begin(), order.end(), size_t(0));
  std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) { return buffers[a].bytes > buffers[b].bytes; });
  std::vector<size_t> placed;
  for (const size_t index : order) {
    const BufferLifetime& buffer = buffers[index];
    // Those already placed that are alive together with this one, from low to high.
    std::vector<size_t> neighbours;
    for (const size_t other : placed)
      if (!share || (buffers[other].first <= buffer.last && buffer.first <= buffers[other].last))
        neighbours.push_back(other);
    std::sort(neighbours.begin(), neighbours.end(),
              [&](size_t a, size_t b) { return layout.offsets[a] < layout.offsets[b]; });
    size_t offset = 0;
    for (const size_t other : neighbours) {
      if (layout.offsets[other] >= offset + padded(buffer.bytes)) break;
      offset = std::max(offset, layout.offsets[other] + padded(buffers[other].bytes));
    }
    layout.offsets[index] = offset;
    layout.bytes = std::max(layout.bytes, offset + padded(buffer.bytes));
    placed.push_back(index);
  }
  return layout;
}

}  // namespace tandem
