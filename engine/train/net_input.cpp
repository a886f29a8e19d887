#include "engine/train/net_input.h"

namespace tandem {

void set_input(AnyNet<float>& net, Augmenter& augmenter, const Batch& batch) {
  net.set_labels(batch.labels.data(), batch.count);
  augmenter.load(batch);
  augmenter.write(net.input());
}

}  // namespace tandem
