// RGB pictures to another size, by linear_filter: what Pillow's BILINEAR computes, antialiased.
#pragma once
#include <string>

#include "engine/report/image.h"

namespace tandem {

Image resize(const Image& image, int height, int width);

// Keeps the aspect: the short side becomes `side`, the long one side * long / short, rounded down. Throws Error, which
// begins with `name`, when that would be a picture of more than kMaximumPixels.
Image resize_short_side(const Image& image, int side, const std::string& name);

// The middle of that, side x side; where it cannot be exactly in the middle, half a pixel up or left of it. The pixels
// are those of centre_square(resize_short_side(...)), and no others are computed.
Image resize_to_square(const Image& image, int side, const std::string& name);

Image centre_square(const Image& image, int side);  // side <= height and width

}  // namespace tandem
