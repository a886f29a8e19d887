#include "engine/train/net_input.h"

#include <utility>

namespace tandem {

void set_input(AnyNet<float>& net, Augmenter& augmenter, const Batch& batch) {
  net.set_labels(batch.labels.data(), batch.count);
  augmenter.load(batch);
  augmenter.write(net.input());
}

NetFeeder::NetFeeder(AnyNet<float>& net, Augmenter& augmenter, BatchReader& reader)
    : net_(net), augmenter_(augmenter), reader_(reader) {
  reader.pin(net.device());
}

NetFeeder::~NetFeeder() {
  try {
    net_.device().finish_copies();  // out of the reader's memory, which goes next
  } catch (...) {                   // what is wrong with the device has been said, or will be
  }
}

void NetFeeder::fetch() {
  try {
    net_.device().finish_copies();  // the reader takes the batch back
    fetched_ = &reader_.next();
    augmenter_.load_ahead(*fetched_);
  } catch (...) {  // the present step can still be done
    failure_ = std::current_exception();
  }
}

int NetFeeder::show() {
  if (fetched_ == nullptr && !failure_) fetch();
  if (failure_) std::rethrow_exception(failure_);
  const Batch& batch = *std::exchange(fetched_, nullptr);
  net_.set_labels(batch.labels.data(), batch.count);
  augmenter_.turn();
  augmenter_.write(net_.input());
  return batch.count;
}

}  // namespace tandem
