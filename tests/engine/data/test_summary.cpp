#include "engine/data/summary.h"

#include <catch2/catch.hpp>
#include <cmath>

#include "engine/data/memory_dataset.h"

namespace tandem {
namespace {

TEST_CASE("a summary counts classes and measures channels", "[data]") {
  // Two images of 1 x 2 pixels, 2 channels: channel 0 is 0, 2, 4, 6; channel 1 is 255 throughout.
  const MemoryDataset dataset("x", {1, 2, 2}, {"a", "b", "c"}, {0, 255, 2, 255, 4, 255, 6, 255}, {2, 2});
  const DataSummary summary = summarise(dataset);
  CHECK(summary.images == 2);
  CHECK(summary.format == ImageFormat{1, 2, 2});
  CHECK(summary.class_counts == std::vector<long>{0, 0, 2});
  CHECK(summary.channel_means == std::vector<double>{3, 255});
  CHECK(summary.channel_deviations[0] == Approx(std::sqrt(5.0)));
  CHECK(summary.channel_deviations[1] == 0);
}

}  // namespace
}  // namespace tandem
