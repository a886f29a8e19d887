#include "apps/run_recorder.h"

#include <nlohmann/json.hpp>

#include "engine/report/numbers.h"

namespace tandem {
namespace {

constexpr long kMostLoggedSteps = 1000;  // shorter runs log every step
constexpr long kLinesAStatistics = 10;   // every tenth line, and the last, says how the net's layers are

long log_interval(long total_steps) { return (total_steps + kMostLoggedSteps - 1) / kMostLoggedSteps; }

JsonLog open_log(const RunFolder& folder, long first_step) {
  return first_step > 0 ? JsonLog::resume(folder.log(), first_step) : JsonLog::create(folder.log());
}

nlohmann::json parameters_json(const NetStatistics& statistics) {
  nlohmann::json json = nlohmann::json::object();
  for (const ParameterStatistics& parameter : statistics.parameters)
    json[parameter.name] = {
        {"mean_abs", parameter.value}, {"mean_abs_update", parameter.update}, {"ratio", parameter.ratio()}};
  return json;
}

nlohmann::json dead_units_json(const NetStatistics& statistics) {
  nlohmann::json json = nlohmann::json::object();
  for (const DeadUnits& relu : statistics.relus) json[relu.layer] = relu.share;
  return json;
}

}  // namespace

RunRecorder::RunRecorder(const RunFolder& folder, const Recipe& recipe, const Trainer& trainer, const NetOutline& plan,
                         int kept, Save save)
    : folder_(folder),
      steps_per_epoch_(trainer.steps_per_epoch()),
      total_steps_(trainer.total_steps()),
      log_every_(log_interval(total_steps_)),
      batch_(recipe.batch),
      epochs_(int((total_steps_ + steps_per_epoch_ - 1) / steps_per_epoch_)),
      kept_(kept),
      save_(std::move(save)),
      log_(open_log(folder, trainer.state().step)),
      events_(folder.path(), trainer.state().step),
      progress_(stdout),
      flat_start_(plan) {}

bool RunRecorder::wants_statistics(long step) const {
  return step % (kLinesAStatistics * log_every_) == 0 || step == total_steps_;
}

void RunRecorder::step_done(const StepReport& report) {
  ++window_.steps;
  window_.images += report.images;
  window_.loss += report.loss;
  window_.error += report.error;
  window_.seconds += report.seconds;
  window_.data_wait_seconds += report.data_wait_seconds;
  const bool complete = report.step % log_every_ == 0 || report.step == report.steps;
  if (complete || !logged_) {
    shown_loss_ = window_.loss / window_.steps;
    shown_error_ = window_.error / window_.steps;
  }
  if (complete) log_window(report);
  progress_.update({.epoch = std::min(epochs_, int((report.step - 1) / steps_per_epoch_) + 1),
                    .epochs = epochs_,
                    .step = report.step,
                    .steps = report.steps,
                    .images = int64_t(report.step) * batch_,
                    .all_images = int64_t(report.steps) * batch_,
                    .loss = shown_loss_,
                    .error = shown_error_ / 100});
  if (const auto note = flat_start_.note(report.step, report.loss)) {
    progress_.clear();
    std::printf("%s\n", note->c_str());
    std::fflush(stdout);
  }
}

void RunRecorder::log_window(const StepReport& report) {
  nlohmann::json line = {{"step", report.step},
                         {"epoch", report.epoch},
                         {"loss", shown_loss_},
                         {"error", shown_error_},
                         {"rate", report.rate},
                         {"images_per_s", window_.images / window_.seconds},
                         {"data_wait_share", window_.data_wait_seconds / window_.seconds}};
  if (report.statistics) {
    line["parameters"] = parameters_json(*report.statistics);
    line["dead_units"] = dead_units_json(*report.statistics);
  }
  log(line);
  logged_ = true;
  window_ = {};
}

void RunRecorder::log(const nlohmann::json& line) {
  log_.write(line);
  events_.write(line);
}

void RunRecorder::epoch_done(const EpochReport& report) {
  last_test_ = report.test;
  log({{"step", report.step},
       {"epoch", report.epoch},
       {"test_error", report.test.error},
       {"test_top5_error", report.test.top5_error},
       {"test_loss", report.test.loss}});
  progress_.finish();
  std::printf("epoch %d/%d  test error %s %%  test loss %.4f\n", report.epoch, epochs_,
              fixed(report.test.error, 2).c_str(), report.test.loss);
  std::fflush(stdout);
}

void RunRecorder::save(const TrainState& state) {
  save_(folder_.checkpoint(state.step), state);
  folder_.prune_checkpoints(kept_, state.best_step);
}

}  // namespace tandem
