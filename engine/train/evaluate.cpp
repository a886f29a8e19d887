#include "engine/train/evaluate.h"

#include "engine/train/net_input.h"

namespace tandem {

Evaluation evaluate(Net<float>& net, Augmenter& augmenter, BatchReader& reader, const std::function<bool()>& stop) {
  Evaluation total;
  long top1 = 0, top5 = 0;
  for (long step = 0; step < reader.steps_per_epoch() && !(stop && stop()); ++step) {
    set_input(net, augmenter, reader.next());
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
