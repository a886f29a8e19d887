#include "engine/train/evaluate.h"

namespace tandem {

Evaluation evaluate(Net<float>& net, BatchReader& reader, const std::function<bool()>& stop) {
  Evaluation total;
  long top1 = 0, top5 = 0;
  for (long step = 0; step < reader.steps_per_epoch() && !(stop && stop()); ++step) {
    const Batch& batch = reader.next();
    net.set_input(batch.pixels.data(), batch.labels.data(), batch.count);
    net.forward(/*training=*/false, /*seed=*/0, /*step=*/0);
    const BatchResult result = net.result();
    total.images += result.count;
    total.loss += result.loss * result.count;
    top1 += result.top1;
    top5 += result.top5;
  }
  if (total.images == 0) return total;
  const double images = double(total.images);
  total.loss /= images;
  total.error = 100 * (images - double(top1)) / images;
  total.top5_error = 100 * (images - double(top5)) / images;
  return total;
}

}  // namespace tandem
