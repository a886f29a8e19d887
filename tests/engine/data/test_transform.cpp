#include "engine/data/transform.h"

#include <catch2/catch.hpp>
#include <cmath>

#include "engine/core/error.h"

namespace tandem {
namespace {

using Catch::Matchers::Contains;
using Pixels = std::vector<uint8_t>;

Normaliser nothing(ImageFormat format) { return Normaliser(Subtract::none, format, {}); }

std::vector<float> apply(Transform& transform, const Pixels& image, CropWindow window) {
  std::vector<float> out(size_t(transform.output().elements()));
  transform.apply(image.data(), window, out.data());
  return out;
}

// An image whose element (h, w, c) tells its own position.
Pixels numbered(ImageFormat format) {
  Pixels image(size_t(format.elements()));
  for (size_t k = 0; k < image.size(); ++k) image[k] = uint8_t(k);
  return image;
}

// PyTorch 1.13, float64: interpolate(x, size=(s, s), mode="bilinear", align_corners=False, antialias=True)
// of the 4 x 5 image x[h][w] = (37 h^2 + 101 w + 13 h w) mod 256.
const std::vector<double> kTorch7 = {0,          57.714286,  129.857143, 202,        91.285714, 90.285714,  148,
                                     13.214286,  73.581633,  122.918367, 133.071429, 90.979592, 119.418367, 179.785714,
                                     34.357143,  98.969388,  111.816327, 22.785714,  90.489796, 166.030612, 230.642857,
                                     92.5,       88.214286,  82.857143,  77.5,       72.142857, 121.642857, 190.5,
                                     142.928571, 80.193878,  64.469388,  142.785714, 64.367347, 79.989796,  142.642857,
                                     102.357143, 127.459184, 137.938776, 117.071429, 148.44898, 148.479592, 131.785714,
                                     77,         157,        183.857143, 101,        201,       191.285714, 125};
const std::vector<double> kTorch3 = {56.057143,  121.344444, 129.742857, 89.285714, 77.5,
                                     138.857143, 123.714286, 137.255556, 149.171429};

TEST_CASE("resizing agrees with PyTorch's, growing and shrinking", "[data]") {
  const ImageFormat format{4, 5, 1};
  Pixels image;
  for (int h = 0; h < 4; ++h) {
    for (int w = 0; w < 5; ++w) image.push_back(uint8_t((37 * h * h + 101 * w + 13 * h * w) % 256));
  }
  const int size = GENERATE(7, 3);
  const std::vector<double>& expected = size == 7 ? kTorch7 : kTorch3;
  Transform transform(format, {Subtract::none, 1, size}, {}, nothing(format));
  const std::vector<float> found = apply(transform, image, transform.centre());
  REQUIRE(found.size() == expected.size());
  for (size_t k = 0; k < found.size(); ++k) CHECK(found[k] == Approx(expected[k]).margin(3e-5));
}

TEST_CASE("any resizing leaves a constant image constant and a ramp straight", "[data]") {
  const ImageFormat format{28, 28, 2};
  Pixels image;
  for (int h = 0; h < 28; ++h) {
    for (int w = 0; w < 28; ++w) image.insert(image.end(), {200, uint8_t(5 * w + 3 * h)});
  }
  const int size = GENERATE(1, 9, 27, 28, 29, 56, 224);
  Transform transform(format, {Subtract::none, 1, size}, {}, nothing(format));
  const std::vector<float> out = apply(transform, image, transform.centre());
  const double ratio = 28.0 / size, edge = std::max(1.0, ratio);
  for (int h = 0; h < size; ++h) {
    for (int w = 0; w < size; ++w) {
      const size_t k = size_t(h * size + w) * 2;
      REQUIRE(out[k] == Approx(200).epsilon(1e-6));
      const double y = (h + 0.5) * ratio - 0.5, x = (w + 0.5) * ratio - 0.5;
      // Away from the border a triangle whose base is a whole number of samples reproduces a linear function.
      const bool whole = size >= 28;
      const bool inside = std::min(x, y) >= edge - 1 && std::max(x, y) <= 28 - edge;
      if (whole && inside) REQUIRE(out[k + 1] == Approx(5 * x + 3 * y).margin(1e-3));
    }
  }
}

TEST_CASE("without resizing pixels pass exactly: windows and mirrors", "[data]") {
  const ImageFormat format{5, 6, 2};
  const Pixels image = numbered(format);
  Transform transform(format, {}, {3, true}, nothing(format));
  REQUIRE(transform.output() == ImageFormat{3, 3, 2});
  for (const CropWindow window : {CropWindow{0, 0, false}, CropWindow{2, 3, false}, CropWindow{1, 2, true}}) {
    const std::vector<float> out = apply(transform, image, window);
    for (int h = 0; h < 3; ++h) {
      for (int w = 0; w < 3; ++w) {
        for (int c = 0; c < 2; ++c) {
          const int from = window.left + (window.flip ? 2 - w : w);
          REQUIRE(out[size_t((h * 3 + w) * 2 + c)] == float(((window.top + h) * 6 + from) * 2 + c));
        }
      }
    }
  }
  CHECK(transform.centre() == CropWindow{1, 1, false});
}

TEST_CASE("a window of a resized image is that part of the whole", "[data]") {
  const ImageFormat format{7, 5, 3};
  const Pixels image = numbered(format);
  Transform whole(format, {Subtract::none, 1, 12}, {}, nothing(format));
  Transform cropped(format, {Subtract::none, 1, 12}, {8, false}, nothing(format));
  const std::vector<float> all = apply(whole, image, whole.centre());
  const std::vector<float> part = apply(cropped, image, {3, 1, true});
  for (int h = 0; h < 8; ++h) {
    for (int w = 0; w < 8; ++w) {
      for (int c = 0; c < 3; ++c) {
        REQUIRE(part[size_t((h * 8 + w) * 3 + c)] == all[size_t(((h + 3) * 12 + 1 + 7 - w) * 3 + c)]);
      }
    }
  }
}

TEST_CASE("the mean image's centre crop is subtracted whatever the window, then the scale", "[data]") {
  const ImageFormat format{4, 4, 1};
  std::vector<float> mean;
  for (int k = 0; k < 16; ++k) mean.push_back(float(k) / 2);
  Transform transform(format, {Subtract::mean_image, 0.25, 0}, {2, true}, {Subtract::mean_image, format, mean});
  // Centre crop of the mean: elements 5, 6, 9, 10, hence 2.5, 3, 4.5, 5; the window's pixels mirrored, the mean not.
  CHECK(apply(transform, numbered(format), {2, 2, true}) ==
        std::vector<float>{(11 - 2.5f) / 4, (10 - 3.0f) / 4, (15 - 4.5f) / 4, (14 - 5.0f) / 4});
}

TEST_CASE("an image equal to the mean image becomes zero, resized or not", "[data]") {
  const ImageFormat format{6, 6, 3};
  const Pixels image = numbered(format);
  const std::vector<float> mean(image.begin(), image.end());
  const int resize = GENERATE(0, 4, 17);
  Transform transform(format, {Subtract::mean_image, 2, resize}, {}, {Subtract::mean_image, format, mean});
  // The mean is resized in float arithmetic that the compiler may round otherwise than the image's: values up to 255
  // * 2.
  for (const float value : apply(transform, image, transform.centre())) REQUIRE(std::abs(value) < 1e-4);
}

TEST_CASE("the channel mean is subtracted from its channel", "[data]") {
  const ImageFormat format{1, 2, 2};
  Transform transform(format, {Subtract::mean, 1, 0}, {}, {Subtract::mean, format, {1, 10}});
  CHECK(apply(transform, {5, 5, 7, 7}, transform.centre()) == std::vector<float>{4, -5, 6, -3});
}

TEST_CASE("drawn windows are a function of seed, epoch and image, all equally likely", "[data]") {
  const ImageFormat format{32, 32, 1};
  const Transform transform(format, {}, {29, true}, nothing(format));
  constexpr int kDraws = 32000;
  std::vector<long> counts(4 * 4 * 2);
  long same_as_next_epoch = 0;
  for (int index = 0; index < kDraws; ++index) {
    const CropWindow window = transform.draw(1, 2, index);
    REQUIRE(window == transform.draw(1, 2, index));
    same_as_next_epoch += window == transform.draw(1, 3, index);
    ++counts.at(size_t((window.top * 4 + window.left) * 2 + window.flip));
  }
  double chi_square = 0;
  for (const long count : counts) chi_square += std::pow(double(count) - 1000, 2) / 1000;
  CHECK(chi_square < 61.1);                               // 31 degrees of freedom, probability 0.001
  CHECK(same_as_next_epoch == Approx(1000).margin(160));  // one in 32, five standard deviations

  const Transform plain(format, {}, {}, nothing(format));
  for (int index = 0; index < 100; ++index) REQUIRE(plain.draw(1, 0, index) == CropWindow{});
}

TEST_CASE("the ten views are the corners and the centre, then their mirror images", "[data]") {
  const ImageFormat format{256, 256, 3};
  const Transform transform(format, {}, {224, true}, nothing(format));
  const std::array<CropWindow, 10> expected{{{0, 0, false},
                                             {0, 32, false},
                                             {32, 0, false},
                                             {32, 32, false},
                                             {16, 16, false},
                                             {0, 0, true},
                                             {0, 32, true},
                                             {32, 0, true},
                                             {32, 32, true},
                                             {16, 16, true}}};
  CHECK(transform.ten_views() == expected);
}

TEST_CASE("impossible recipes are refused by name", "[data]") {
  const ImageFormat format{28, 28, 1};
  const auto make = [&](InputRecipe input, AugmentRecipe augment, ImageFormat mean) {
    Transform(format, input, augment, nothing(mean));
  };
  const InputRecipe sound;
  CHECK_THROWS_WITH(make(sound, {29, false}, format),
                    Contains("augment.crop") && Contains("29") && Contains("28x28x1"));
  CHECK_THROWS_WITH(make(sound, {-1, false}, format), Contains("augment.crop"));
  CHECK_THROWS_WITH(make({Subtract::none, 1, -1}, {}, format), Contains("input.resize"));
  CHECK_THROWS_WITH(make({Subtract::none, 1, 100000}, {}, format), Contains("input.resize"));
  CHECK_THROWS_WITH(make({Subtract::none, 0, 0}, {}, format), Contains("input.scale"));
  CHECK_THROWS_WITH(make({Subtract::none, std::nan(""), 0}, {}, format), Contains("input.scale"));
  CHECK_THROWS_WITH(make(sound, {}, {32, 32, 3}), Contains("32x32x3") && Contains("28x28x1"));
  CHECK_NOTHROW(make({Subtract::none, 1, 32}, {29, false}, format));
}

}  // namespace
}  // namespace tandem
