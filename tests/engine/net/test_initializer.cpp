// Tests engine/net/initializer against the moments of the distributions that its header promises.
#include "engine/net/initializer.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>

#include "engine/core/error.h"
#include "engine/core/options.h"

using namespace tandem;
using Kind = Initializer::Kind;

namespace {

constexpr long kCount = 200'000, kFanIn = 75, kFanOut = 160;

std::vector<float> draw(Kind kind, double value = 0, uint64_t seed = 1, uint32_t parameter = 0, long count = kCount) {
  return draw_initial_values({kind, value}, seed, parameter, count, kFanIn, kFanOut);
}

// Mean and variance within five standard errors: a mean's is s / sqrt(n), a variance's sqrt((m4 - s^4) / n).
// `kurtosis` is m4 / s^4: 3 for a normal distribution, 9/5 for a uniform one.
void check_moments(const std::vector<float>& values, double deviation, double kurtosis) {
  const double n = double(values.size()), variance = deviation * deviation;
  double mean = 0, squares = 0;
  for (const float v : values) mean += v / n, squares += double(v) * v / n;
  CHECK(std::abs(mean) < 5 * deviation / std::sqrt(n));
  CHECK(std::abs(squares - variance) < 5 * variance * std::sqrt((kurtosis - 1) / n));
}

void check_uniform(const std::vector<float>& values, double bound) {
  check_moments(values, bound / std::sqrt(3.0), 1.8);
  const auto [least, most] = std::minmax_element(values.begin(), values.end());
  CHECK(*least >= float(-bound));
  CHECK(*most <= float(bound));
  CHECK(*least < -0.999 * bound);
  CHECK(*most > 0.999 * bound);
}

Initializer parse(const std::string& toml) {
  const Options options = Options::parse(toml, "net.toml");
  const Initializer parsed = parse_initializer(options, "weights", {Kind::constant, 7});
  options.finish();
  return parsed;
}

}  // namespace

TEST_CASE("initial values have the promised distributions") {
  CHECK(draw(Kind::constant, 0.5) == std::vector<float>(kCount, 0.5f));
  check_moments(draw(Kind::normal, 0.01), 0.01, 3);
  check_moments(draw(Kind::he), std::sqrt(2.0 / kFanIn), 3);
  check_uniform(draw(Kind::uniform), 1 / std::sqrt(double(kFanIn)));
  check_uniform(draw(Kind::xavier), std::sqrt(6.0 / (kFanIn + kFanOut)));
}

TEST_CASE("initial values are functions of seed, parameter and number alone") {
  const auto values = draw(Kind::he);
  CHECK(draw(Kind::he) == values);
  CHECK(draw(Kind::he, 0, 2) != values);
  CHECK(draw(Kind::he, 0, 1, 1) != values);
  const auto few = draw(Kind::he, 0, 1, 0, 10);
  CHECK(std::equal(few.begin(), few.end(), values.begin()));
}

TEST_CASE("initialisers are read from a net file") {
  const auto is = [](const Initializer& found, Kind kind, double value) {
    return found.kind == kind && found.value == value;
  };
  CHECK(is(parse(""), Kind::constant, 7));
  CHECK(is(parse("weights = 1"), Kind::constant, 1));
  CHECK(is(parse("weights = 0.25"), Kind::constant, 0.25));
  CHECK(is(parse("weights = { constant = 2 }"), Kind::constant, 2));
  CHECK(is(parse("weights = { normal = 0.01 }"), Kind::normal, 0.01));
  CHECK(is(parse("weights = 'uniform'"), Kind::uniform, 0));
  CHECK(is(parse("weights = 'xavier'"), Kind::xavier, 0));
  CHECK(is(parse("weights = 'he'"), Kind::he, 0));
}

TEST_CASE("what is no initialiser is refused") {
  for (const std::string toml : {"weights = 'kaiming'", "weights = { normal = -1 }", "weights = { gaussian = 1 }",
                                 "weights = { normal = 1, constant = 1 }", "weights = [1]", "weights = true"}) {
    INFO(toml);
    CHECK_THROWS_AS(parse(toml), UsageError);
  }
}
