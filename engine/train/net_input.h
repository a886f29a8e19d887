#pragma once
#include "engine/data/augmenter.h"
#include "engine/net/net.h"

namespace tandem {

// Shows a net the images of a batch as they were drawn. The batch is not needed any more.
void set_input(AnyNet<float>& net, Augmenter& augmenter, const Batch& batch);

}  // namespace tandem
