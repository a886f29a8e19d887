// Tests engine/train/tally and confusion: counts against ones made by hand.
#include "engine/train/tally.h"

#include <catch2/catch.hpp>
#include <cmath>
#include <limits>

#include "engine/train/confusion.h"

using namespace tandem;

namespace {

using Row = std::vector<double>;
constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

}  // namespace

TEST_CASE("a label's rank counts the classes ahead of it") {
  const Row row = {0.1, 0.4, 0.2, 0.3};
  CHECK(label_rank(row, 1) == 0);
  CHECK(label_rank(row, 3) == 1);
  CHECK(label_rank(row, 2) == 2);
  CHECK(label_rank(row, 0) == 3);
}

TEST_CASE("of equal probabilities the lower class is ahead") {
  const Row row = {0.2, 0.3, 0.2, 0.3, 0};
  CHECK(label_rank(row, 1) == 0);
  CHECK(label_rank(row, 3) == 1);
  CHECK(label_rank(row, 0) == 2);
  CHECK(label_rank(row, 2) == 3);
  CHECK(label_rank(row, 4) == 4);
  CHECK(likeliest(row, 5) == std::vector<int>{1, 3, 0, 2, 4});
  CHECK(likeliest(Row(7, 1.0 / 7), 5) == std::vector<int>{0, 1, 2, 3, 4});
}

TEST_CASE("the k likeliest are the classes whose rank is below k") {
  const Row row = {0.05, 0.3, 0.05, 0.2, 0.3, 0.1};
  for (int k = 0; k <= 8; ++k) {
    const std::vector<int> best = likeliest(row, k);
    REQUIRE(best.size() == size_t(std::min(k, 6)));
    for (size_t i = 0; i < best.size(); ++i) CHECK(label_rank(row, best[i]) == int(i));
  }
}

TEST_CASE("what is not a number hits nothing") {
  const Row broken(6, kNaN), partly = {kNaN, 0.6, 0.4};
  for (int label = 0; label < 6; ++label) CHECK(label_rank(broken, label) == 6);
  CHECK(label_rank(partly, 1) == 1);
  CHECK(label_rank(partly, 0) == 3);
  CHECK(likeliest(partly, 3) == std::vector<int>{1, 2, 0});
  CHECK(likeliest(broken, 2) == std::vector<int>{0, 1});
}

TEST_CASE("a tally's errors are shares of its images") {
  Tally tally;
  CHECK(tally.evaluation().images == 0);
  CHECK(tally.evaluation().error == 0);
  const Row row = {0.4, 0.2, 0.15, 0.12, 0.1, 0.03, 0};
  tally.add(row, 1, 0);  // right
  tally.add(row, 2, 4);  // among the five
  tally.add(row, 3, 5);  // not
  tally.add(row, 6, 6);  // not
  const Evaluation result = tally.evaluation();
  CHECK(result.images == 4);
  CHECK(result.loss == 3);
  CHECK(result.error == 75);
  CHECK(result.top5_error == 50);
}

TEST_CASE("with five classes or fewer no label misses the five likeliest") {
  Tally tally;
  for (int label = 0; label < 5; ++label) tally.add(Row{0.5, 0.5, 0, 0, 0}, 0, label);
  CHECK(tally.evaluation().top5_error == 0);
  CHECK(tally.evaluation().error == 80);  // the tie goes to class 0
}

TEST_CASE("a confusion's rows sum to the images of their classes") {
  Confusion confusion(4);
  for (const auto& [truth, predicted] : std::vector<std::pair<int, int>>{
           {0, 0}, {0, 0}, {0, 1}, {0, 2}, {1, 0}, {1, 0}, {2, 2}, {2, 1}, {2, 1}, {2, 0}, {2, 2}})
    confusion.add(truth, predicted);
  CHECK(confusion.images(0) == 4);
  CHECK(confusion.images(1) == 2);
  CHECK(confusion.images(2) == 5);
  CHECK(confusion.images(3) == 0);
  CHECK(confusion.count(2, 1) == 2);
  CHECK(confusion.error(0) == 50);
  CHECK(confusion.error(1) == 100);
  CHECK(confusion.error(2) == 60);
  CHECK(std::isnan(confusion.error(3)));

  CHECK(confusion.commonest_mistake(0) == 1);  // once, as class 2
  CHECK(confusion.commonest_mistake(1) == 0);
  CHECK(confusion.commonest_mistake(2) == 1);
  CHECK(confusion.commonest_mistake(3) == -1);
}
