#include "engine/data/normaliser.h"

#include <catch2/catch.hpp>
#include <limits>

#include "engine/core/error.h"
#include "engine/data/memory_dataset.h"

namespace tandem {
namespace {

using Catch::Matchers::Contains;

// Two images of 1 x 2 pixels, 2 channels.
const MemoryDataset kDataset("x", {1, 2, 2}, {"a"}, {0, 10, 20, 30, 1, 12, 24, 255}, {0, 0});

TEST_CASE("means are those of the training set", "[data]") {
  CHECK(Normaliser::measure(Subtract::none, kDataset).values().empty());
  CHECK(Normaliser::measure(Subtract::mean, kDataset).values() == std::vector<float>{11.25f, 76.75f});
  CHECK(Normaliser::measure(Subtract::mean_image, kDataset).values() == std::vector<float>{0.5f, 11, 22, 142.5f});
}

TEST_CASE("a mean lies over the image element by element", "[data]") {
  CHECK(Normaliser::measure(Subtract::none, kDataset).image() == std::vector<float>(4, 0.0f));
  CHECK(Normaliser::measure(Subtract::mean, kDataset).image() == std::vector<float>{11.25f, 76.75f, 11.25f, 76.75f});
  CHECK(Normaliser::measure(Subtract::mean_image, kDataset).image() == std::vector<float>{0.5f, 11, 22, 142.5f});
}

TEST_CASE("a mean survives a checkpoint, a broken one does not", "[data]") {
  const Normaliser measured = Normaliser::measure(Subtract::mean_image, kDataset);
  const Normaliser restored(measured.subtract(), measured.format(), measured.values());
  CHECK(restored.image() == measured.image());
  CHECK_THROWS_WITH(Normaliser(Subtract::mean_image, {1, 2, 2}, {1, 2, 3}),
                    Contains("mean-image of 1x2x2 images has 4 values, not 3"));
  CHECK_THROWS_AS(Normaliser(Subtract::none, {1, 2, 2}, {1}), Error);
  CHECK_THROWS_WITH(Normaliser(Subtract::mean, {1, 2, 2}, {1, std::numeric_limits<float>::infinity()}),
                    Contains("not finite"));
}

TEST_CASE("the recipe's names for what is subtracted", "[data]") {
  CHECK(subtract_from_name("none") == Subtract::none);
  CHECK(subtract_from_name("mean") == Subtract::mean);
  CHECK(subtract_from_name("mean-image") == Subtract::mean_image);
  CHECK_THROWS_AS(subtract_from_name("mean_image"), UsageError);
  CHECK_THROWS_WITH(subtract_from_name("median"), Contains("input.subtract") && Contains("median"));
}

}  // namespace
}  // namespace tandem
