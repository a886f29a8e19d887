// How the learning rate falls during a run.
#pragma once
#include <vector>

#include "engine/core/options.h"

namespace tandem {

// What the plateau rule has to remember; kept in checkpoints.
struct PlateauState {
  double best_error = 1e30;
  int epochs_since_best = 0, drops = 0;
  bool operator==(const PlateauState&) const = default;
};

struct RateSchedule {
  // constant: base.
  // steps: base * factor^k once k of the epochs in `at` are over.
  // geometric: `pieces` equal parts of the run, falling by `overall` from the first to the last (the scripted schedule
  // of
  //   the 2012 author: 4 pieces, 250 overall).
  // plateau: base * factor^drops; a drop each time the test error has not improved for `patience` epochs, never below
  //   `minimum` (the paper's rule: divide by 10 when the validation error stops improving, section 5).
  enum class Kind { constant, steps, geometric, plateau };
  Kind kind = Kind::constant;
  double base = 0.01;
  std::vector<double> at;
  double factor = 0.1;
  int pieces = 4;
  double overall = 250;
  int patience = 3;
  double minimum = 0;

  // The rate after `epoch` epochs (whole and part) of a run of `epochs`.
  double rate(double epoch, double epochs, const PlateauState& plateau) const;

  // To be told of each epoch's test error, in per cent.
  void update(PlateauState& plateau, double test_error) const;
};

// Reads { schedule = "steps", base = 0.01, at = [...], factor = 0.1 } and its like.
RateSchedule parse_schedule(const Options& options);

}  // namespace tandem
