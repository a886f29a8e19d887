#pragma once
#include "engine/data/augmenter.h"
#include "engine/data/batch_reader.h"
#include "engine/net/net.h"

namespace tandem {

struct Evaluation {
  long images = 0;
  double loss = 0;                   // mean
  double error = 0, top5_error = 0;  // per cent of images whose label is not the likeliest (among the 5 likeliest)
};

// One epoch of a reader in test mode through the net in evaluation mode (no dropout). The reader must be at an epoch's
// beginning. `stop`, if given, is asked between batches; when it says true the rest is left out and images says so.
Evaluation evaluate(Net<float>& net, Augmenter& augmenter, BatchReader& reader, const std::function<bool()>& stop = {});

}  // namespace tandem
