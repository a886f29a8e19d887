// Tests engine/train/prediction: means against closed forms.
#include "engine/train/prediction.h"

#include <catch2/catch.hpp>
#include <cmath>

using namespace tandem;

TEST_CASE("the mean of predictions is that of the probabilities, and its loss that of the mean") {
  // Two images, two classes, labels 0 and 1; dyadic numbers, whose means are exact.
  const Prediction a{2, 2, {0.5, 0.5, 0.75, 0.25}, {-std::log(0.5), -std::log(0.25)}};
  const Prediction b{2, 2, {0.25, 0.75, 0, 1}, {-std::log(0.25), -std::log(1.0)}};
  const Prediction both = mean({a, b});
  CHECK(both.images == 2);
  CHECK(both.classes == 2);
  CHECK(both.probabilities == std::vector<double>{0.375, 0.625, 0.375, 0.625});
  CHECK(both.losses[0] == Approx(-std::log(0.375)).epsilon(1e-15));
  CHECK(both.losses[1] == Approx(-std::log(0.625)).epsilon(1e-15));
  CHECK(both.of(1)[0] == 0.375);
}

TEST_CASE("nets that are all but sure of other classes have a finite loss") {
  // exp(-1000) is 0 in double; the mean of exp(-1000), exp(-1001), exp(-1001) is not.
  const auto sure = [](double loss) { return Prediction{1, 2, {0, 1}, {loss}}; };
  CHECK(mean({sure(1001), sure(1000), sure(1001)}).losses[0] ==
        Approx(1000 - std::log((1 + 2 * std::exp(-1.0)) / 3)).epsilon(1e-15));
  CHECK(mean({sure(INFINITY), sure(1)}).losses[0] == Approx(1 + std::log(2.0)).epsilon(1e-15));
  CHECK(mean({sure(INFINITY), sure(INFINITY)}).losses[0] == INFINITY);
}

TEST_CASE("one prediction is its own mean, and predictions of other things have none") {
  const Prediction odd{1, 3, {0.1, 0.2, 0.7}, {-std::log(0.1)}};
  CHECK(mean({odd}).probabilities == odd.probabilities);
  CHECK(mean({odd}).losses == odd.losses);
  CHECK_THROWS_AS(mean({odd, {1, 2, {0, 1}, {0}}}), std::logic_error);
  CHECK_THROWS_AS(mean({odd, {2, 3, {0, 1, 0, 0, 1, 0}, {0, 0}}}), std::logic_error);
}
