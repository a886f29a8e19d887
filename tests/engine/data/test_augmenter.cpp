#include "engine/data/augmenter.h"

#include <catch2/catch.hpp>
#include <cmath>

#include "engine/core/error.h"
#include "tests/engine/counting_device.h"

namespace tandem {
namespace {

using Catch::Matchers::Contains;
using Pixels = std::vector<uint8_t>;

Normaliser nothing(ImageFormat format) { return Normaliser(Subtract::none, format, {}); }

Batch batch_of(const Pixels& images, const std::vector<ImageDraw>& draws) {
  return {.images = {images.begin(), images.end()}, .draws = draws, .labels = {}, .count = int(draws.size())};
}

std::vector<float> written(const Transform& transform, const Batch& batch, int threads = 2) {
  const auto device = open_cpu({.threads = threads});
  Augmenter augmenter(transform, *device, batch.count);
  augmenter.load(batch);
  const Array<float> input(*device, size_t(transform.output().elements()) * batch.count);
  augmenter.write(input.data());
  return input.download();
}

std::vector<float> apply(const Transform& transform, const Pixels& image, const CropWindow& window) {
  return written(transform, batch_of(image, {transform.view(window)}));
}

// An image whose element (h, w, c) tells its own position.
Pixels numbered(ImageFormat format, int first = 0) {
  Pixels image(size_t(format.elements()));
  for (size_t k = 0; k < image.size(); ++k) image[k] = uint8_t(first + int(k));
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
  const Transform transform(format, {Subtract::none, 1, size}, {}, nothing(format));
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
  const Transform transform(format, {Subtract::none, 1, size}, {}, nothing(format));
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
  const Transform transform(format, {}, {3, true}, nothing(format));
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
  const Transform whole(format, {Subtract::none, 1, 12}, {}, nothing(format));
  const Transform cropped(format, {Subtract::none, 1, 12}, {8, false}, nothing(format));
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
  const Transform transform(format, {Subtract::mean_image, 0.25, 0}, {2, true}, {Subtract::mean_image, format, mean});
  // Centre crop of the mean: elements 5, 6, 9, 10, hence 2.5, 3, 4.5, 5; the window's pixels mirrored, the mean not.
  CHECK(apply(transform, numbered(format), {2, 2, true}) ==
        std::vector<float>{(11 - 2.5f) / 4, (10 - 3.0f) / 4, (15 - 4.5f) / 4, (14 - 5.0f) / 4});
}

TEST_CASE("an image equal to the mean image becomes zero, resized or not", "[data]") {
  const ImageFormat format{6, 6, 3};
  const Pixels image = numbered(format);
  const std::vector<float> mean(image.begin(), image.end());
  const int resize = GENERATE(0, 4, 17);
  const Transform transform(format, {Subtract::mean_image, 2, resize}, {}, {Subtract::mean_image, format, mean});
  // The mean is resized in float arithmetic that the compiler may round otherwise than the image's: values up to 255
  // * 2.
  for (const float value : apply(transform, image, transform.centre())) REQUIRE(std::abs(value) < 1e-4);
}

TEST_CASE("the channel mean is subtracted from its channel", "[data]") {
  const ImageFormat format{1, 2, 2};
  const Transform transform(format, {Subtract::mean, 1, 0}, {}, {Subtract::mean, format, {1, 10}});
  CHECK(apply(transform, {5, 5, 7, 7}, transform.centre()) == std::vector<float>{4, -5, 6, -3});
}

TEST_CASE("with mean_crop = window the mean image goes with the pixels", "[data]") {
  const ImageFormat format{4, 4, 1};
  std::vector<float> mean;
  for (int k = 0; k < 16; ++k) mean.push_back(float(k) / 2);
  const InputRecipe input{.subtract = Subtract::mean_image, .scale = 0.25, .mean_crop = MeanCrop::window};
  const Transform transform(format, input, {2, true}, {Subtract::mean_image, format, mean});
  CHECK(apply(transform, numbered(format), {2, 2, true}) ==
        std::vector<float>{(11 - 5.5f) / 4, (10 - 5.0f) / 4, (15 - 7.5f) / 4, (14 - 7.0f) / 4});
}

TEST_CASE("noise is added to its channel, after the mean and before the scale", "[data]") {
  const ImageFormat format{1, 2, 3};
  const Transform transform(format, {Subtract::mean, 1, 0}, {}, {Subtract::mean, format, {1, 10, 100}});
  ImageDraw draw = transform.view({});
  draw.gain = 0.5;
  draw.noise[0] = 4, draw.noise[2] = -8;
  CHECK(written(transform, batch_of({11, 20, 200, 13, 22, 202}, {draw})) == std::vector<float>{7, 5, 46, 8, 6, 47});
}

TEST_CASE("an image becomes the same in any batch, on any number of threads", "[data]") {
  const ImageFormat format{9, 8, 3};
  const int resize = GENERATE(0, 13);
  const Transform transform(format, {Subtract::none, 1, resize}, {7, true}, nothing(format));
  constexpr int kImages = 37;  // more than are resized at once
  Pixels all;
  std::vector<ImageDraw> draws;
  std::vector<float> one_by_one;
  for (int i = 0; i < kImages; ++i) {
    const Pixels image = numbered(format, i);
    all.insert(all.end(), image.begin(), image.end());
    draws.push_back(transform.draw(1, 2, i));
    const std::vector<float> alone = written(transform, batch_of(image, {draws.back()}), 1);
    one_by_one.insert(one_by_one.end(), alone.begin(), alone.end());
  }
  for (const int threads : {1, 3}) CHECK(written(transform, batch_of(all, draws), threads) == one_by_one);
}

TEST_CASE("loaded images can be looked at through one window after another", "[data]") {
  const ImageFormat format{6, 6, 1};
  const Transform transform(format, {}, {4, true}, nothing(format));
  const auto device = open_cpu({});
  Augmenter augmenter(transform, *device, 3);
  const Pixels image = numbered(format);
  augmenter.load(batch_of(image, {transform.draw(1, 0, 0)}));
  const Array<float> input(*device, 16);
  for (const CropWindow& window : transform.ten_views()) {
    augmenter.look_through(window);
    augmenter.write(input.data());
    CHECK(input.download() == apply(transform, image, window));
  }
  Pixels four(4 * 36);
  CHECK_THROWS_WITH(augmenter.load(batch_of(four, std::vector<ImageDraw>(4))), Contains("4 images"));
}

TEST_CASE("memory_use is what an augmenter takes, to the byte", "[data]") {
  const ImageFormat format{12, 9, 3};
  for (const int resize : {0, 7, 20})
    for (const int batch : {1, 5, 40}) {
      CAPTURE(resize, batch);
      const Transform transform(format, {Subtract::none, 1, resize}, {}, nothing(format));
      test::CountingDevice device(2);
      const Augmenter augmenter(transform, device, batch);
      CHECK(device.allocated() == Augmenter::memory_use(transform, batch));
    }
}

}  // namespace
}  // namespace tandem
