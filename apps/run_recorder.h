// Watches a training run for the user: live progress, log.jsonl, TensorBoard's events, checkpoints.
#pragma once
#include <functional>
#include <memory>

#include "apps/flat_start.h"
#include "engine/report/event_file.h"
#include "engine/report/json_log.h"
#include "engine/report/progress.h"
#include "engine/train/run_folder.h"
#include "engine/train/trainer.h"

namespace tandem {

class RunRecorder final : public TrainObserver {
 public:
  using Save = std::function<void(const std::filesystem::path& path, const TrainState& state)>;

  // Of a run that `trainer` is about to begin or to go on with. `save` writes a checkpoint; the newest `kept` stay, and
  // the best.
  RunRecorder(const RunFolder& folder, const Recipe& recipe, const Trainer& trainer, const NetOutline& plan, int kept,
              Save save);

  bool wants_statistics(long step) const override;
  void step_done(const StepReport& report) override;
  void epoch_done(const EpochReport& report) override;
  void save(const TrainState& state) override;

  const Evaluation& last_test() const { return last_test_; }

 private:
  // Means over the steps since the last log line.
  struct Window {
    int steps = 0, images = 0;
    double loss = 0, error = 0, seconds = 0, data_wait_seconds = 0;
  };

  void log_window(const StepReport& report);
  void log(const nlohmann::json& line);

  const RunFolder& folder_;
  const long steps_per_epoch_;
  const long total_steps_;
  const long log_every_;
  const int batch_;
  const int epochs_;
  const int kept_;
  Save save_;
  JsonLog log_;
  EventFile events_;
  ProgressLine progress_;
  FlatStart flat_start_;
  Window window_;
  bool logged_ = false;                      // a window was finished
  double shown_loss_ = 0, shown_error_ = 0;  // of the last finished window, or of the one under way if there is none
  Evaluation last_test_;
};

}  // namespace tandem
