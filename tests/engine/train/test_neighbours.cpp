// Tests engine/train/neighbours: against distances worked by hand, and against sorting all of them.
#include "engine/train/neighbours.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <stdexcept>

#include "engine/core/random.h"

using namespace tandem;

TEST_CASE("neighbours are the nearest by Euclidean distance, in order") {
  NearestNeighbours neighbours({0, 0, 10, 10}, 2, 2);
  const std::vector<std::vector<float>> vectors = {{3, 4}, {-5, 12}, {0, 1}, {10, 7}, {13, 6}};
  for (size_t i = 0; i < vectors.size(); ++i) neighbours.add(long(i), vectors[i]);
  REQUIRE(neighbours.of(0).size() == 2);
  CHECK(neighbours.of(0)[0].index == 2);
  CHECK(neighbours.of(0)[0].distance == 1);
  CHECK(neighbours.of(0)[1].index == 0);
  CHECK(neighbours.of(0)[1].distance == 5);
  CHECK(neighbours.of(1)[0].index == 3);
  CHECK(neighbours.of(1)[0].distance == 3);
  CHECK(neighbours.of(1)[1].index == 4);
  CHECK(neighbours.of(1)[1].distance == 5);
}

TEST_CASE("equally near ones come in the order of their numbers, and what is not a number not at all") {
  NearestNeighbours neighbours({0}, 1, 3);
  for (const auto& [index, value] :
       std::vector<std::pair<long, float>>{{7, 1.f}, {5, NAN}, {9, -1.f}, {2, 1.f}, {4, -1.f}})
    neighbours.add(index, std::vector<float>{value});
  REQUIRE(neighbours.of(0).size() == 3);
  CHECK(neighbours.of(0)[0].index == 2);
  CHECK(neighbours.of(0)[1].index == 4);
  CHECK(neighbours.of(0)[2].index == 7);
  CHECK_THROWS_AS(neighbours.add(0, std::vector<float>{1, 2}), std::logic_error);
}

TEST_CASE("streaming finds what sorting all distances finds") {
  constexpr size_t kLength = 7, kCount = 200, kMost = 9;
  const Random random(5, Purpose::augment);
  std::vector<float> values((kCount + 1) * kLength);
  for (size_t i = 0; i < values.size(); ++i) values[i] = float(random.normal(i));
  const std::span<const float> all(values);
  NearestNeighbours neighbours({values.begin(), values.begin() + kLength}, kLength, kMost);
  std::vector<std::pair<double, long>> sorted;
  for (size_t v = 0; v < kCount; ++v) {
    const auto vector = all.subspan((v + 1) * kLength, kLength);
    neighbours.add(long(v), vector);
    double sum = 0;
    for (size_t i = 0; i < kLength; ++i) sum += std::pow(double(vector[i]) - values[i], 2);
    sorted.emplace_back(std::sqrt(sum), long(v));
  }
  std::sort(sorted.begin(), sorted.end());
  REQUIRE(neighbours.of(0).size() == kMost);
  for (size_t i = 0; i < kMost; ++i) {
    CHECK(neighbours.of(0)[i].index == sorted[i].second);
    CHECK(neighbours.of(0)[i].distance == Approx(sorted[i].first));
  }
}
