#include "engine/data/transform.h"

#include <catch2/catch.hpp>
#include <cmath>

#include "engine/core/error.h"

namespace tandem {
namespace {

using Catch::Matchers::Contains;

Normaliser nothing(ImageFormat format) { return Normaliser(Subtract::none, format, {}); }

TEST_CASE("drawn windows are a function of seed, epoch and image, all equally likely", "[data]") {
  const ImageFormat format{32, 32, 1};
  const Transform transform(format, {}, {29, true}, nothing(format));
  constexpr int kDraws = 32000;
  std::vector<long> counts(4 * 4 * 2);
  long same_as_next_epoch = 0;
  for (int index = 0; index < kDraws; ++index) {
    const CropWindow window = transform.draw(1, 2, index).window;
    REQUIRE(window == transform.draw(1, 2, index).window);
    same_as_next_epoch += window == transform.draw(1, 3, index).window;
    ++counts.at(size_t((window.top * 4 + window.left) * 2 + window.flip));
  }
  double chi_square = 0;
  for (const long count : counts) chi_square += std::pow(double(count) - 1000, 2) / 1000;
  CHECK(chi_square < 61.1);                               // 31 degrees of freedom, probability 0.001
  CHECK(same_as_next_epoch == Approx(1000).margin(160));  // one in 32, five standard deviations

  const Transform plain(format, {}, {}, nothing(format));
  for (int index = 0; index < 100; ++index) REQUIRE(plain.draw(1, 0, index).window == CropWindow{});
}

TEST_CASE("the mean's window is the centre or the image's own", "[data]") {
  const ImageFormat format{32, 32, 1};
  const Transform centre(format, {.mean_crop = MeanCrop::centre}, {28, true}, nothing(format));
  const Transform own(format, {.mean_crop = MeanCrop::window}, {28, true}, nothing(format));
  for (int index = 0; index < 100; ++index) {
    CHECK(centre.draw(1, 0, index).mean_window == CropWindow{2, 2, false});
    CHECK(own.draw(1, 0, index).mean_window == own.draw(1, 0, index).window);
  }
}

// Colours that vary along one axis each, red the most.
const ColourPca kColours{{}, {}, {4900, 900, 25}, {1, 0, 0, 0, 1, 0, 0, 0, 1}};

Transform with_colour(const ColourRecipe& colour, const ColourPca& colours = kColours) {
  const ImageFormat format{8, 8, 3};
  return Transform(format, {.scale = 0.5}, {4, true, colour}, nothing(format), colours);
}

TEST_CASE("colour noise has the deviation of its rule along each principal component", "[data]") {
  const bool paper = GENERATE(true, false);
  const Transform transform = with_colour({paper ? ColourRule::paper : ColourRule::cuda_convnet, 0.2});
  constexpr int kDraws = 20000;
  // The rules' own words: 0.2 l for values from 0 to 1, which is 255 * 0.2 * (l / 255^2) here; or 0.2 sqrt(l).
  const std::vector<double> expected =
      paper ? std::vector<double>{0.2 * 4900 / 255, 0.2 * 900 / 255, 0.2 * 25 / 255} : std::vector<double>{14, 6, 1};
  std::array<double, 9> products{};
  std::array<double, 3> sums{}, fourth{};
  for (int index = 0; index < kDraws; ++index) {
    const ImageDraw draw = transform.draw(5, 1, index);
    CHECK(draw.gain == Approx(paper ? 0.5 : 0.5 / 1.2));
    for (int i = 0; i < 3; ++i) {
      const double z = draw.noise[i] / expected[i];
      sums[i] += z, fourth[i] += z * z * z * z;
      for (int j = 0; j < 3; ++j) products[i * 3 + j] += z * draw.noise[j] / expected[j];
    }
  }
  // Five standard errors of a normal distribution's mean, covariance and fourth moment.
  for (int i = 0; i < 3; ++i) {
    CHECK(sums[i] / kDraws == Approx(0).margin(5 * std::sqrt(1.0 / kDraws)));
    CHECK(fourth[i] / kDraws == Approx(3).margin(5 * std::sqrt(96.0 / kDraws)));
    for (int j = 0; j < 3; ++j)
      CHECK(products[i * 3 + j] / kDraws == Approx(i == j).margin(5 * std::sqrt((i == j ? 2.0 : 1.0) / kDraws)));
  }
}

TEST_CASE("colour noise lies along the eigenvectors", "[data]") {
  const double s = std::sqrt(0.5);
  const ColourPca one{{}, {}, {2500, 0, 0}, {s, 0, s, 0, 1, 0, s, 0, -s}};  // red and blue go together
  const Transform transform = with_colour({ColourRule::cuda_convnet, 0.1}, one);
  for (int index = 0; index < 100; ++index) {
    const ImageDraw draw = transform.draw(1, 0, index);
    CHECK(draw.noise[0] != 0);
    CHECK(draw.noise[1] == Approx(0).margin(1e-6));
    CHECK(draw.noise[2] == Approx(draw.noise[0]));
  }
}

TEST_CASE("colour noise is a function of seed, epoch and image, and changes no window", "[data]") {
  const Transform plain = with_colour({});
  const Transform noisy = with_colour({ColourRule::paper});
  const auto colours = [&](uint64_t seed, long epoch, long index) { return noisy.draw(seed, epoch, index).noise[0]; };
  for (int index = 0; index < 100; ++index) {
    CHECK(noisy.draw(1, 2, index) == noisy.draw(1, 2, index));
    CHECK(noisy.draw(1, 2, index).window == plain.draw(1, 2, index).window);
    CHECK(colours(1, 2, index) != colours(1, 3, index));
    CHECK(colours(1, 2, index) != colours(2, 2, index));
    CHECK(colours(1, 2, index) != colours(1, 2, index + 1));
  }
  CHECK(noisy.view({1, 1, true}) == plain.view({1, 1, true}));  // none in test
}

TEST_CASE("colour noise ends after its epochs, and the division with it", "[data]") {
  const Transform plain = with_colour({});
  const Transform noisy = with_colour({ColourRule::cuda_convnet, 0.1, 3});
  for (int index = 0; index < 10; ++index) {
    CHECK_FALSE(noisy.draw(1, 2, index) == plain.draw(1, 2, index));
    CHECK(noisy.draw(1, 3, index) == plain.draw(1, 3, index));
  }
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
  CHECK_THROWS_WITH(make(sound, {0, false, {ColourRule::paper}}, format),
                    Contains("augment.colour") && Contains("three channels") && Contains("28x28x1"));
  CHECK_THROWS_WITH(with_colour({ColourRule::paper, -1}), Contains("augment.colour.deviation"));
  CHECK_THROWS_WITH(with_colour({ColourRule::paper, 0.1, -1}), Contains("augment.colour.epochs"));
  CHECK_THROWS_WITH(colour_rule_from_name("pca"), Contains("pca") && Contains("cuda-convnet"));
  CHECK_THROWS_WITH(mean_crop_from_name("corner"), Contains("corner") && Contains("window"));
}

}  // namespace
}  // namespace tandem
