#include "engine/data/resize.h"

#include <catch2/catch.hpp>
#include <cstdlib>

#include "engine/core/error.h"
#include "engine/data/decode.h"
#include "engine/files/safetensors.h"

namespace tandem {
namespace {

const std::filesystem::path kPhotos = std::filesystem::path(TANDEM_TEST_DATA) / "photos";

TEST_CASE("resizing is Pillow's, smaller and larger", "[resize]") {
  const Image image = read_image(kPhotos / "rgb.png");
  const SafetensorsFile expected(kPhotos / "expected.safetensors");
  int sizes = 0;
  for (const auto& [name, tensor] : expected.tensors()) {
    if (!name.starts_with("resized.")) continue;
    INFO(name);
    const Image resized = resize(image, int(tensor.shape[0]), int(tensor.shape[1]));
    const auto pillow = expected.u8(name);
    REQUIRE(resized.rgb.size() == pillow.size());
    int worst = 0;
    for (size_t i = 0; i < pillow.size(); ++i) worst = std::max(worst, std::abs(resized.rgb[i] - pillow[i]));
    CHECK(worst <= 1);  // Pillow rounds to whole numbers between the two axes
    ++sizes;
  }
  CHECK(sizes == 4);
}

TEST_CASE("the short side gets its length and the aspect stays", "[resize]") {
  const auto size = [](int height, int width, int side) {
    const Image resized = resize_short_side(Image(height, width), side, "x");
    return std::pair(resized.height, resized.width);
  };
  CHECK(size(37, 53, 20) == std::pair(20, 28));  // 28.6
  CHECK(size(53, 37, 20) == std::pair(28, 20));
  CHECK(size(10, 10, 30) == std::pair(30, 30));
  CHECK(size(1, 9, 2) == std::pair(2, 18));
  CHECK_THROWS_WITH(size(1, 65500, 256), Catch::Contains("x (resized): has 16768000 x 256 pixels"));
}

TEST_CASE("a square is the middle of the whole, to the bit", "[resize]") {
  for (const char* name : {"rgb.png", "orientation-6.jpg"}) {  // wide, high
    const Image image = read_image(kPhotos / name);
    for (const int side : {9, 20, 40}) {
      const Image square = resize_to_square(image, side, name);
      CHECK(square.height == side);
      CHECK(square.width == side);
      CHECK(square.rgb == centre_square(resize_short_side(image, side, name), side).rgb);
    }
  }
}

TEST_CASE("the centre lies in the middle, or half a pixel up or left of it", "[resize]") {
  Image image(2, 5);
  for (int y = 0; y < 2; ++y)
    for (int x = 0; x < 5; ++x) image.pixel(y, x)[0] = uint8_t(10 * y + x);
  const Image square = centre_square(image, 2);  // columns 1 and 2 of 0 to 4
  CHECK(square.pixel(0, 0)[0] == 1);
  CHECK(square.pixel(1, 1)[0] == 12);
}

}  // namespace
}  // namespace tandem
