#pragma once
#include <cstddef>
#include <span>
#include <string>

#include "engine/report/image.h"

namespace tandem {

// A JPEG file, by libjpeg-turbo: grey, YCbCr, RGB, CMYK or YCCK, baseline or progressive, 8 bits a sample; see
// decode_image for the contract. Four components are taken as Adobe writes them, inverted, whether the file says so or
// not, and become RGB as Pillow does it: out = k - (255 - c) k / 255 for the stored c and k.
Image decode_jpeg(std::span<const std::byte> bytes, const std::string& name, int short_side);

}  // namespace tandem
