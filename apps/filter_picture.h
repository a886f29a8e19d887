#pragma once
#include <optional>

#include "engine/net/net.h"
#include "engine/report/image.h"

namespace tandem {

// The filters of the convolution that reads the image itself, as in the paper's figure 3, the columns' halves one above
// the other. Nothing where the net has no such layer, or where its images have neither 1 nor 3 channels.
std::optional<Image> filter_picture(const AnyNet<float>& net);

// How many columns (the paper's GPUs) a net has: the groups of its first convolution that has more than one group.
int columns(const NetOutline& plan);

}  // namespace tandem
