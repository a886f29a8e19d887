#pragma once
#include "engine/data/dataset.h"
#include "engine/report/image.h"

namespace tandem {

// An image of a data set, [height][width][channels], for people to look at: three channels as colours, of any other
// number the first as grey.
Image picture(const uint8_t* pixels, const ImageFormat& format);

}  // namespace tandem
