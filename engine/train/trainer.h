// The training loop: read, forward, backward, update; test at the end of every epoch. It knows no files and no
// terminal: whoever runs it watches through an observer.
#pragma once
#include <functional>
#include <optional>
#include <string>

#include "engine/data/dataset.h"
#include "engine/net/net.h"
#include "engine/train/evaluate.h"
#include "engine/train/net_input.h"
#include "engine/train/net_statistics.h"
#include "engine/train/recipe.h"
#include "engine/train/sgd.h"

namespace tandem {

// Where a run stands. Together with the recipe, the parameters and their momentum it determines everything that
// follows: random draws are functions of the seed and of `step`.
struct TrainState {
  long step = 0;         // updates done
  long tested_step = 0;  // the last one after which the net was tested
  long best_step = 0;    // the one after which an epoch's test error was least; 0: no epoch is over
  PlateauState plateau;
};

struct StepReport {
  long step = 0, steps = 0;    // updates done, of how many
  double epoch = 0;            // epochs done, whole and part
  double loss = 0, error = 0;  // this batch's mean loss and per cent wrong
  double rate = 0;             // the weights' learning rate of this update
  int images = 0;
  double seconds = 0, data_wait_seconds = 0;     // of this step, and of that waiting for the reader
  std::optional<NetStatistics> statistics = {};  // where the observer wants them
};

struct EpochReport {
  long step = 0;
  int epoch = 0;  // the one that ended, or that a run of so many steps was in, from 1
  Evaluation test;
};

class TrainObserver {
 public:
  virtual ~TrainObserver() = default;
  // Shall this step's statistics be measured? It costs a pass over the parameters, and waits at each ReLU.
  virtual bool wants_statistics(long /*step*/) const { return false; }
  virtual void step_done(const StepReport&) {}
  virtual void epoch_done(const EpochReport&) {}
  // The state can be saved now: after each epoch, every `checkpoint_every` steps, and when the run is stopped.
  virtual void save(const TrainState&) {}
};

enum class TrainEnd { finished, stopped };

class Trainer {
 public:
  // Device memory that one takes beside its net's, in bytes.
  static size_t memory_use(const NetOutline& plan, const Transform& transform, int batch);

  // The net must be built for training with the recipe's batch. Data sets must outlive the trainer. Throws UsageError
  // when data, recipe and net do not fit each other.
  // `colours`: of the training set, where the recipe wants colour noise.
  Trainer(AnyNet<float>& net, const Recipe& recipe, const Dataset& train, const Dataset& test,
          const Normaliser& normaliser, const std::optional<ColourPca>& colours = {});

  const Transform& transform() const { return transform_; }
  const TrainState& state() const { return state_; }
  void restore(const TrainState& state) { state_ = state; }
  long total_steps() const;
  long steps_per_epoch() const;

  // The test set through the net as it is now; `stop` as in evaluate().
  Evaluation test(const std::function<bool()>& stop = {});

  // Runs until the end, or until stop() says true, which it does from then on; every step done has been saved then.
  // Throws DivergedError when the loss or a parameter is not finite; nothing is saved after that.
  TrainEnd run(TrainObserver& observer, const std::function<bool()>& stop, long checkpoint_every = 0);

 private:
  bool test_follows(long step) const;  // the end of an epoch, or of the run
  void train_step(const BatchReader& reader, NetFeeder& feeder, TrainObserver& observer);
  void end_epoch(TrainObserver& observer, const std::function<bool()>& stop);
  void check_finite(double loss);

  AnyNet<float>& net_;
  const Recipe recipe_;
  const Dataset& train_;
  const Dataset& test_;
  const Transform transform_;
  Augmenter augmenter_;
  Sgd<float> sgd_;
  StatisticsMeter statistics_;
  TrainState state_;
};

// Throws UsageError unless the images that `recipe` makes of `data` are what the net takes, with no more classes.
void check_data_fits(const std::string& net, const ImageShape& input, int classes, const Dataset& data,
                     const Transform& transform);

}  // namespace tandem
