#include "engine/train/evaluate.h"

namespace tandem {
namespace {

void add(Tally& tally, const Batch& batch, const Prediction& prediction) {
  for (int i = 0; i < batch.count; ++i)
    tally.add(prediction.of(i), prediction.losses[size_t(i)], batch.labels[size_t(i)]);
}

}  // namespace

EnsembleEvaluation evaluate(const std::vector<Member>& members, BatchReader& reader, const PredictionWatcher& watch,
                            const std::function<bool()>& stop) {
  std::vector<Tally> own(members.size());
  Tally averaged;
  for (long step = 0; step < reader.steps_per_epoch() && !(stop && stop()); ++step) {
    const Batch& batch = reader.next();
    std::vector<Prediction> predictions;
    for (size_t m = 0; m < members.size(); ++m) {
      predictions.push_back(predict(members[m].net, members[m].augmenter, members[m].windows, batch));
      add(own[m], batch, predictions.back());
    }
    const Prediction together = mean(predictions);
    add(averaged, batch, together);
    if (watch) watch(batch, together);
  }
  EnsembleEvaluation result{averaged.evaluation(), {}};
  for (const Tally& tally : own) result.members.push_back(tally.evaluation());
  return result;
}

}  // namespace tandem
