// Tests engine/report/image and image_grid pixel by pixel; PNG files are read back by stb_image, an independent
// decoder.
#include "engine/report/image_grid.h"

#define STB_IMAGE_STATIC
#define STB_IMAGE_IMPLEMENTATION
#include <stb/stb_image.h>

#include <catch2/catch.hpp>
#include <cmath>
#include <memory>
#include <stdexcept>

#include "engine/core/error.h"
#include "tests/temporary_folder.h"

using namespace tandem;
using Catch::Matchers::Contains;

namespace {

Colour at(const Image& image, int y, int x) {
  const uint8_t* pixel = image.pixel(y, x);
  return {pixel[0], pixel[1], pixel[2]};
}

constexpr Colour kWhite = {255, 255, 255};
constexpr Colour kBlack = {0, 0, 0};

}  // namespace

TEST_CASE("an image is enlarged and framed") {
  Image image(1, 2, kBlack);
  image.pixel(0, 1)[0] = 9;
  const Image large = enlarge(image, 3);
  REQUIRE(large.height == 3);
  REQUIRE(large.width == 6);
  CHECK(at(large, 2, 2) == kBlack);
  CHECK(at(large, 0, 3) == Colour{9, 0, 0});
  CHECK(at(large, 2, 5) == Colour{9, 0, 0});
  const Image frame = framed(image, 1, {1, 2, 3});
  REQUIRE(frame.height == 3);
  REQUIRE(frame.width == 4);
  CHECK(at(frame, 0, 0) == Colour{1, 2, 3});
  CHECK(at(frame, 2, 3) == Colour{1, 2, 3});
  CHECK(at(frame, 1, 1) == kBlack);
  CHECK(at(frame, 1, 2) == Colour{9, 0, 0});
  CHECK_THROWS_AS(paste(image, frame, 0, 0), std::logic_error);
}

TEST_CASE("a grid fills row by row, with gaps between and around") {
  const Image a(2, 3, {1, 1, 1}), b(2, 3, {2, 2, 2}), c(2, 3, {3, 3, 3});
  const Image grid = image_grid({a, b, c}, 2, 1);
  REQUIRE(grid.height == 1 + 2 * 3);
  REQUIRE(grid.width == 1 + 2 * 4);
  CHECK(at(grid, 0, 0) == kWhite);
  CHECK(at(grid, 1, 1) == Colour{1, 1, 1});
  CHECK(at(grid, 2, 3) == Colour{1, 1, 1});
  CHECK(at(grid, 1, 4) == kWhite);
  CHECK(at(grid, 1, 5) == Colour{2, 2, 2});
  CHECK(at(grid, 4, 1) == Colour{3, 3, 3});
  CHECK(at(grid, 4, 5) == kWhite);
  CHECK(image_grid({a}, 16, 0).width == 3);
  CHECK(image_grid({}, 2, 1).rgb.empty());
  CHECK_THROWS_AS(image_grid({a, Image(3, 3)}, 2, 1), std::logic_error);
}

TEST_CASE("filters are stretched from their own minimum to their own maximum") {
  SECTION("colour") {
    const std::vector<float> weights = {-1, 0,  1,  0.5f, 0,  -0.5f,  // output 0: two pixels
                                        0,  10, 20, 20,   20, 20};
    const Image grid = filter_grid(weights, 2, 1, 2, 3, 2, 1);
    REQUIRE(grid.height == 5);
    REQUIRE(grid.width == 2 + 2 * 4);
    CHECK(at(grid, 2, 2) == Colour{0, 128, 255});
    CHECK(at(grid, 2, 3) == Colour{191, 128, 64});
    CHECK(at(grid, 2, 6) == Colour{0, 128, 255});
    CHECK(at(grid, 2, 7) == kWhite);
  }
  SECTION("grey") {
    const Image grid = filter_grid(std::vector<float>{2, 4, 3, 2}, 1, 2, 2, 1, 1, 1);
    CHECK(at(grid, 2, 2) == kBlack);
    CHECK(at(grid, 2, 3) == kWhite);
    CHECK(at(grid, 3, 2) == Colour{128, 128, 128});
  }
  SECTION("no contrast, no number, no overflow") {
    const float most = std::numeric_limits<float>::max();
    const Image grid = filter_grid(std::vector<float>{7, 7, NAN, 5, -most, most}, 3, 1, 2, 1, 3, 1);
    CHECK(at(grid, 2, 2) == Colour{128, 128, 128});
    CHECK(at(grid, 2, 6) == Colour{255, 0, 255});
    CHECK(at(grid, 2, 7) == Colour{128, 128, 128});
    CHECK(at(grid, 2, 10) == kBlack);
    CHECK(at(grid, 2, 11) == kWhite);
  }
}

TEST_CASE("groups of filters stand apart") {
  const std::vector<float> weights = {0, 1, 1, 0, 0, 1, 1, 0};  // four filters of 1 x 2
  const Image grid = filter_grid(weights, 4, 1, 2, 1, 2, 1, 2);
  REQUIRE(grid.height == 5 + 8 + 5);
  CHECK(at(grid, 2, 2) == kBlack);
  CHECK(at(grid, 9, 2) == kWhite);
  CHECK(at(grid, 2 + 13, 2) == kBlack);
  CHECK(at(grid, 2 + 13, 3) == kWhite);
  CHECK_THROWS_WITH(filter_grid(weights, 1, 1, 4, 2), Contains("of 2 channels cannot be shown"));
  CHECK_THROWS_AS(filter_grid(weights, 3, 1, 2, 1), std::logic_error);
}

TEST_CASE("predictions are framed green or red") {
  const std::vector<Image> images(2, Image(4, 4, {9, 9, 9}));
  const std::vector<int> truth = {1, 2}, predicted = {1, 3};
  const Image grid = prediction_grid(images, truth, predicted, 2, 1);
  const Colour right = at(grid, 2, 2), wrong = at(grid, 2, 2 + 10 + 2);
  CHECK(right[1] > right[0] + 50);
  CHECK(wrong[0] > wrong[1] + 50);
  CHECK(at(grid, 5, 5) == Colour{9, 9, 9});
  CHECK_THROWS_AS(prediction_grid(images, truth, std::vector<int>{1}), std::logic_error);
}

TEST_CASE("a PNG holds the picture's pixels") {
  const TemporaryFolder folder;
  Image image(13, 37);
  for (size_t i = 0; i < image.rgb.size(); ++i) image.rgb[i] = static_cast<uint8_t>(i * i % 251);
  write_png(folder / "a.png", image);
  int width, height, channels;
  const std::unique_ptr<stbi_uc, void (*)(void*)> pixels(
      stbi_load((folder / "a.png").c_str(), &width, &height, &channels, 0), stbi_image_free);
  REQUIRE(pixels);
  REQUIRE(width == 37);
  REQUIRE(height == 13);
  REQUIRE(channels == 3);
  CHECK(std::equal(image.rgb.begin(), image.rgb.end(), pixels.get()));
  CHECK_THROWS_WITH(write_png(folder / "b.png", Image()), Contains("b.png: a picture without pixels"));
  CHECK_THROWS_AS(write_png(folder / "none/c.png", image), Error);
  CHECK(folder.entries() == 1);
}
