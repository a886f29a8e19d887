// How images get before a net.
#pragma once
#include <exception>

#include "engine/data/augmenter.h"
#include "engine/net/net.h"

namespace tandem {

// Shows a net the images of a batch as they were drawn. The batch is not needed any more.
void set_input(AnyNet<float>& net, Augmenter& augmenter, const Batch& batch);

// Shows a net one batch of a reader after the other, and copies the next one to the device while that works on the
// present one. All must outlive this, and nobody else uses the augmenter between fetch() and show().
class NetFeeder {
 public:
  NetFeeder(AnyNet<float>& net, Augmenter& augmenter, BatchReader& reader);
  ~NetFeeder();
  NetFeeder(const NetFeeder&) = delete;
  NetFeeder& operator=(const NetFeeder&) = delete;

  // Puts the next batch before the net, once the device has done with the one before; how many images it has. Rethrows
  // what went wrong in reading it.
  int show();
  // To be called when the work on the batch shown has been queued: takes the next one from the reader and begins to
  // copy it. Without it, show() does.
  void fetch();

 private:
  AnyNet<float>& net_;
  Augmenter& augmenter_;
  BatchReader& reader_;
  const Batch* fetched_ = nullptr;
  std::exception_ptr failure_;  // of fetch()
};

}  // namespace tandem
