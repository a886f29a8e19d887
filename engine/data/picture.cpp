#include "engine/data/picture.h"

namespace tandem {

Image picture(const uint8_t* pixels, const ImageFormat& format) {
  Image image(format.height, format.width);
  for (long i = 0; i < format.pixels(); ++i)
    for (int c = 0; c < 3; ++c)
      image.rgb[size_t(3 * i + c)] = pixels[i * format.channels + (format.channels == 3 ? c : 0)];
  return image;
}

}  // namespace tandem
