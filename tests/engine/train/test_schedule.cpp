// Tests engine/train/schedule against closed forms.
#include "engine/train/schedule.h"

#include <catch2/catch.hpp>

#include "engine/core/error.h"

using namespace tandem;
using Catch::Matchers::Contains;

namespace {

RateSchedule parse(const std::string& toml) {
  const Options options = Options::parse(toml, "recipe.toml");
  const RateSchedule schedule = parse_schedule(options);
  options.finish();
  return schedule;
}

}  // namespace

TEST_CASE("a constant rate stays") {
  const RateSchedule schedule = parse("base = 0.1");
  for (const double epoch : {0.0, 0.5, 99.0}) CHECK(schedule.rate(epoch, 10, {}) == 0.1);
}

TEST_CASE("steps fall when their epochs are over") {
  const RateSchedule schedule = parse("schedule = 'steps'\nbase = 0.1\nat = [2, 3.5]\nfactor = 0.2");
  for (const double epoch : {0.0, 1.0, 1.99}) CHECK(schedule.rate(epoch, 10, {}) == 0.1);
  for (const double epoch : {2.0, 3.49}) CHECK(schedule.rate(epoch, 10, {}) == Approx(0.02));
  for (const double epoch : {3.5, 9.9}) CHECK(schedule.rate(epoch, 10, {}) == Approx(0.004));
}

TEST_CASE("the geometric schedule is that of 2012") {
  // 90 epochs in four pieces: .01, .00159, .000252, .00004 (the released settings' rounding).
  const RateSchedule schedule = parse("schedule = 'geometric'\nbase = 0.01\npieces = 4\noverall = 250");
  const double published[] = {.01, .00159, .000252, .00004};
  for (int piece = 0; piece < 4; ++piece)
    for (const double inside : {0.0, 10.0, 22.49}) {
      INFO(piece << " + " << inside);
      CHECK(schedule.rate(22.5 * piece + inside, 90, {}) == Approx(published[piece]).epsilon(2e-3));
    }
  CHECK(schedule.rate(90, 90, {}) == Approx(.01 / 250));  // the end is no fifth piece
  CHECK(parse("schedule = 'geometric'\nbase = 0.3\npieces = 1\noverall = 9").rate(5, 10, {}) == 0.3);
}

TEST_CASE("the plateau rule drops when the error has not improved for `patience` epochs") {
  const RateSchedule schedule = parse("schedule = 'plateau'\nbase = 0.1\npatience = 2\nminimum = 0.0005");
  PlateauState state;
  const std::vector<double> errors = {50, 40, 40, 41, 39, 39.5, 38, 38, 38, 38, 38, 38, 38};
  const std::vector<int> drops = {0, 0, 0, 1, 1, 1, 1, 1, 2, 2, 3, 3, 4};
  for (size_t epoch = 0; epoch < errors.size(); ++epoch) {
    schedule.update(state, errors[epoch]);
    CHECK(state.drops == drops[epoch]);
  }
  CHECK(state.best_error == 38);
  for (const auto& [count, rate] : {std::pair{0, 0.1}, {1, 0.01}, {2, 0.001}, {3, 0.0005}, {9, 0.0005}})
    CHECK(schedule.rate(7, 10, {.drops = count}) == Approx(rate));
}

TEST_CASE("schedules that cannot be are refused") {
  for (const std::string toml :
       {"schedule = 'constant'", "base = -0.1", "base = 'x'", "base = 1\nschedule = 'cosine'",
        "base = 1\nschedule = 'steps'", "base = 1\nschedule = 'steps'\nat = [1]\nfactor = 0",
        "base = 1\nschedule = 'geometric'\noverall = 250", "base = 1\nschedule = 'geometric'\npieces = 0\noverall = 2",
        "base = 1\nschedule = 'geometric'\npieces = 4\noverall = 0", "base = 1\nschedule = 'plateau'\npatience = 0",
        "base = 1\nat = [1]"}) {
    INFO(toml);
    CHECK_THROWS_AS(parse(toml), UsageError);
  }
  CHECK_THROWS_WITH(parse("base = 1\nschedule = 'cosine'"), Contains("recipe.toml:2") && Contains("'cosine'") &&
                                                                Contains("constant, steps, geometric or plateau"));
}
