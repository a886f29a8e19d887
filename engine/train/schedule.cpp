#include "engine/train/schedule.h"

#include <algorithm>
#include <cmath>

#include "engine/core/error.h"

namespace tandem {

double RateSchedule::rate(double epoch, double epochs, const PlateauState& plateau) const {
  switch (kind) {
    case Kind::constant:
      return base;
    case Kind::steps: {
      const auto over = std::count_if(at.begin(), at.end(), [&](double when) { return when <= epoch; });
      return base * std::pow(factor, double(over));
    }
    case Kind::geometric: {
      const double piece = std::min(std::floor(epoch / epochs * pieces), double(pieces - 1));
      return pieces == 1 ? base : base * std::pow(overall, -piece / (pieces - 1));
    }
    case Kind::plateau:
      return std::max(minimum, base * std::pow(factor, plateau.drops));
  }
  return base;
}

void RateSchedule::update(PlateauState& plateau, double test_error) const {
  if (test_error < plateau.best_error) {
    plateau.best_error = test_error;
    plateau.epochs_since_best = 0;
  } else if (++plateau.epochs_since_best >= patience) {
    ++plateau.drops;
    plateau.epochs_since_best = 0;
  }
}

RateSchedule parse_schedule(const Options& options) {
  using Kind = RateSchedule::Kind;
  RateSchedule schedule;
  schedule.base = options.real("base");
  if (schedule.base < 0) throw UsageError(options.where("base"), "a learning rate cannot be negative");
  const std::string name = options.text("schedule", "constant");
  if (name == "constant") {
    schedule.kind = Kind::constant;
  } else if (name == "steps") {
    schedule.kind = Kind::steps;
    schedule.at = options.reals("at");
    schedule.factor = options.real("factor", schedule.factor);
  } else if (name == "geometric") {
    schedule.kind = Kind::geometric;
    schedule.pieces = options.count("pieces");
    schedule.overall = options.real("overall");
    if (schedule.overall <= 0) throw UsageError(options.where("overall"), "the overall fall must be positive");
  } else if (name == "plateau") {
    schedule.kind = Kind::plateau;
    schedule.factor = options.real("factor", schedule.factor);
    schedule.patience = options.count("patience", schedule.patience);
    schedule.minimum = options.real("minimum", schedule.minimum);
  } else {
    throw UsageError(options.where("schedule"), "there is no schedule '" + name + "'",
                     "use constant, steps, geometric or plateau");
  }
  if (schedule.factor <= 0) throw UsageError(options.where("factor"), "the factor must be positive");
  return schedule;
}

}  // namespace tandem
