// How the camera was held: the orientation tag of EXIF 2.3 (section 4.6.4, tag 0x0112) and what it means for pixels.
#pragma once
#include <cstddef>
#include <span>

#include "engine/report/image.h"

namespace tandem {

// The orientation, 1 to 8, of an EXIF block without its "Exif\0\0": a TIFF header and its first directory. 1, upright,
// when the block has no such tag or is broken, for the pixels can still be had.
int exif_orientation(std::span<const std::byte> tiff);

// The picture upright, as Pillow's ImageOps.exif_transpose makes it: 2 mirrored, 3 turned by 180 degrees, 4 upside down
// in a mirror, 5 transposed, 6 turned clockwise, 7 transposed along the other diagonal, 8 turned counter-clockwise.
Image oriented(Image image, int orientation);

}  // namespace tandem
