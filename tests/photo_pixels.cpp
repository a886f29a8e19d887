// photo_pixels FILE...: what the decoder makes of each file, one PPM after the other on standard output, for
// scripts/check/photos. A file that is refused becomes a line "error: ..." in its place.
#include <iostream>
#include <span>

#include "engine/core/error.h"
#include "engine/data/decode.h"

int main(int count, char** arguments) {
  for (const char* file : std::span(arguments, size_t(count)).subspan(1)) {
    try {
      const tandem::Image image = tandem::read_image(file);
      std::cout << "P6\n" << image.width << ' ' << image.height << "\n255\n";
      std::cout.write(reinterpret_cast<const char*>(image.rgb.data()), std::streamsize(image.rgb.size()));
    } catch (const tandem::Error& error) {
      std::cout << "error: " << error.what() << '\n';
    }
  }
  return std::cout.flush() ? 0 : 1;
}
