// Tests engine/net/memory_plan.
#include "engine/net/memory_plan.h"

#include <algorithm>
#include <catch2/catch.hpp>

#include "engine/core/random.h"

using namespace tandem;

namespace {

size_t padded(size_t bytes) { return (bytes + 63) / 64 * 64; }

bool meet(const BufferLifetime& a, const BufferLifetime& b) { return a.first <= b.last && b.first <= a.last; }

// How many pairs of buffers share bytes although they must not.
int clashes(const std::vector<BufferLifetime>& buffers, const MemoryLayout& layout, bool share) {
  int count = 0;
  for (size_t a = 0; a < buffers.size(); ++a)
    for (size_t b = 0; b < a; ++b)
      if (!share || meet(buffers[a], buffers[b]))
        count += layout.offsets[a] < layout.offsets[b] + buffers[b].bytes &&
                 layout.offsets[b] < layout.offsets[a] + buffers[a].bytes;
  return count;
}

void check_sound(const std::vector<BufferLifetime>& buffers, const MemoryLayout& layout, bool share) {
  REQUIRE(layout.offsets.size() == buffers.size());
  CHECK(clashes(buffers, layout, share) == 0);
  bool aligned = true, inside = true;
  for (size_t i = 0; i < buffers.size(); ++i) {
    aligned = aligned && layout.offsets[i] % 64 == 0;
    inside = inside && layout.offsets[i] + buffers[i].bytes <= layout.bytes;
  }
  CHECK(aligned);
  CHECK(inside);
}

size_t sum(const std::vector<BufferLifetime>& buffers) {
  size_t bytes = 0;
  for (const BufferLifetime& buffer : buffers) bytes += padded(buffer.bytes);
  return bytes;
}

// No layout can do with less than what is alive at one step.
size_t most_alive(const std::vector<BufferLifetime>& buffers, int steps) {
  size_t most = 0;
  for (int step = 0; step < steps; ++step) {
    size_t alive = 0;
    for (const BufferLifetime& buffer : buffers)
      if (buffer.first <= step && step <= buffer.last) alive += padded(buffer.bytes);
    most = std::max(most, alive);
  }
  return most;
}

}  // namespace

TEST_CASE("buffers that are alive together never overlap") {
  constexpr int kSteps = 20;
  for (uint64_t seed = 0; seed < 100; ++seed) {
    INFO(seed);
    const Random random(seed, Purpose::shuffle);
    std::vector<BufferLifetime> buffers(1 + random.below(0, 40));
    for (size_t i = 0; i < buffers.size(); ++i) {
      const int first = int(random.below(10 * i + 1, kSteps));
      buffers[i] = {random.below(10 * i + 2, 1000), first, first + int(random.below(10 * i + 3, kSteps - first))};
    }
    const MemoryLayout shared = place_buffers(buffers, true), separate = place_buffers(buffers, false);
    check_sound(buffers, shared, true);
    check_sound(buffers, separate, false);
    CHECK(shared.bytes <= sum(buffers));
    CHECK(shared.bytes >= most_alive(buffers, kSteps));
    CHECK(separate.bytes == sum(buffers));
  }
}

TEST_CASE("a chain needs no more than two neighbours at once") {
  std::vector<BufferLifetime> chain;
  for (int i = 0; i < 10; ++i) chain.push_back({640, i, i + 1});
  CHECK(place_buffers(chain, true).bytes == 2 * 640);
  CHECK(place_buffers(chain, false).bytes == 10 * 640);
}

TEST_CASE("a buffer fills the gap that two others leave") {
  // 128 bytes that end before the last buffer starts, between two that last.
  const std::vector<BufferLifetime> buffers = {{256, 0, 9}, {128, 0, 4}, {64, 0, 9}, {100, 5, 9}};
  CHECK(place_buffers(buffers, true).bytes == 256 + 128 + 64);
}

TEST_CASE("no buffers need no memory") { CHECK(place_buffers({}, true).bytes == 0); }
