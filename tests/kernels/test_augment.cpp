// Augmentation against its definition in float64, and on an image so small that the result is worked out by hand.
#include <catch2/catch.hpp>
#include <vector>

#include "kernels/table.h"
#include "tests/kernels/buffer.h"
#include "tests/kernels/streams.h"

namespace tandem::test {
namespace {

// Sizes of stored images, of resized ones (0: they are not resized) and of windows, and the taps of both filters.
struct Case {
  int batch, height, width, channels;
  int resized_height, resized_width;
  int out_height, out_width;
  int row_taps = 0, column_taps = 0;

  bool resizes() const { return row_taps > 0; }
  int mean_height() const { return resizes() ? resized_height : height; }
  int mean_width() const { return resizes() ? resized_width : width; }
  Augment sizes() const { return {batch, height, width, channels, mean_height(), mean_width(), out_height, out_width}; }
  size_t outputs() const { return size_t(batch) * out_height * out_width * channels; }
};

const std::vector<Case> kCases = {
    {5, 6, 9, 3, 0, 0, 4, 7},         {4, 5, 5, 1, 0, 0, 5, 5},        {3, 7, 4, 2, 0, 0, 3, 2},
    {2, 3, 40, 3, 0, 0, 2, 36},       {2, 4, 5, 5, 0, 0, 3, 4},        {3, 5, 16, 3, 8, 24, 6, 20, 2, 2},
    {4, 7, 5, 1, 14, 9, 12, 9, 2, 2}, {3, 9, 16, 3, 4, 7, 3, 7, 5, 4}, {2, 8, 11, 1, 3, 5, 3, 4, 5, 5},
    {2, 6, 8, 4, 5, 8, 4, 6, 3, 1},   {2, 1, 3, 2, 6, 3, 5, 3, 1, 3},  {2, 5, 32, 1, 5, 7, 5, 7, 1, 7},
    {2, 4, 5, 2, 8, 9, 6, 5, 2, 2},
};

// A filter of any weights; they add up to 1, as those of a resizing do.
struct Filter {
  Filter(int in, int out, int taps, uint64_t seed) : first(out), weights(size_t(out) * taps), count(taps) {
    Random random(seed);
    for (int o = 0; o < out; ++o) {
      first[o] = random.below(in - taps + 1);
      double sum = 0;
      for (int t = 0; t < taps; ++t) sum += weights[o * taps + t] = float(random.uniform() + 1.5);
      for (int t = 0; t < taps; ++t) weights[o * taps + t] = float(weights[o * taps + t] / sum);
    }
  }
  AxisTaps taps() const { return {first.data(), weights.data(), count}; }

  Aligned<int32_t> first;
  Aligned<float> weights;
  int count;
};

Aligned<uint8_t> random_bytes(size_t size, uint64_t seed) {
  Random random(seed);
  Aligned<uint8_t> bytes(size);
  for (uint8_t& byte : bytes) byte = uint8_t(random.bits());
  return bytes;
}

Aligned<ImageDraw> random_draws(const Case& c, uint64_t seed) {
  Random random(seed);
  const auto window = [&]() -> CropWindow {
    return {random.below(c.mean_height() - c.out_height + 1), random.below(c.mean_width() - c.out_width + 1),
            random.below(2) == 1};
  };
  Aligned<ImageDraw> draws(size_t(c.batch));
  for (ImageDraw& draw : draws) {
    draw = {.window = window(), .mean_window = window(), .gain = float(random.uniform()) / 128};
    for (float& noise : draw.noise) noise = float(20 * random.uniform());
  }
  return draws;
}

struct Problem {
  explicit Problem(const Case& c)
      : c(c),
        images(random_bytes(size_t(c.batch) * c.height * c.width * c.channels, 1)),
        draws(random_draws(c, 2)),
        mean(size_t(c.mean_height()) * c.mean_width() * c.channels),
        rows(c.height, c.mean_height(), c.resizes() ? c.row_taps : 1, 3),
        columns(c.width, c.mean_width(), c.resizes() ? c.column_taps : 1, 4) {
    Random random(5);
    for (float& value : mean) value = float(128 + 100 * random.uniform());
  }

  // Element (h, w, channel) of the resized image.
  double resized(int image, int h, int w, int channel) const {
    const auto pixel = [&](int y, int x) {
      return double(images[((size_t(image) * c.height + y) * c.width + x) * c.channels + channel]);
    };
    if (!c.resizes()) return pixel(h, w);
    double sum = 0;
    for (int i = 0; i < c.row_taps; ++i)
      for (int j = 0; j < c.column_taps; ++j)
        sum += double(rows.weights[h * c.row_taps + i]) * columns.weights[w * c.column_taps + j] *
               pixel(rows.first[h] + i, columns.first[w] + j);
    return sum;
  }

  std::vector<double> expected() const {
    std::vector<double> out;
    for (int image = 0; image < c.batch; ++image)
      for (int h = 0; h < c.out_height; ++h)
        for (int w = 0; w < c.out_width; ++w)
          for (int channel = 0; channel < c.channels; ++channel) {
            const ImageDraw& draw = draws[image];
            const auto column = [&](const CropWindow& window) {
              return window.flip ? window.left + c.out_width - 1 - w : window.left + w;
            };
            const size_t mean_pixel = size_t(draw.mean_window.top + h) * c.mean_width() + column(draw.mean_window);
            const double value = resized(image, draw.window.top + h, column(draw.window), channel);
            const double noise = channel < 3 ? draw.noise[channel] : 0;
            out.push_back(draw.gain * (value - mean[mean_pixel * c.channels + channel] + noise));
          }
    return out;
  }

  template <class T>
  Aligned<T> run(Stream stream) const {
    Aligned<T> out(c.outputs());
    const Table<T>& table = test::table<T>();
    if (!c.resizes()) {
      table.augment(stream, images.data(), draws.data(), mean.data(), out.data(), c.sizes());
      return out;
    }
    Aligned<Compute<T>> half(size_t(c.batch) * c.out_height * c.width * c.channels);
    table.resize_rows(stream, images.data(), draws.data(), rows.taps(), half.data(), c.sizes());
    table.augment_rows(stream, half.data(), draws.data(), columns.taps(), mean.data(), out.data(), c.sizes());
    return out;
  }

  Case c;
  Aligned<uint8_t> images;
  Aligned<ImageDraw> draws;
  Aligned<float> mean;
  Filter rows, columns;
};

}  // namespace

TEMPLATE_TEST_CASE("augment equals its definition, resizing or not", "[augment]", float, double, bf16) {
  for (const Case& c : kCases) {
    CAPTURE(c.height, c.width, c.channels, c.out_height, c.out_width, c.row_taps, c.column_taps);
    const Problem problem(c);
    const auto out = same_on_every_stream([&](Stream stream) { return problem.run<TestType>(stream); });
    CHECK(worst_error(out, problem.expected()) < tolerance<TestType>());
  }
}

// The stored image, its mean image beside it, both 2 x 3 pixels of one channel, and windows of 2 x 2:
//   10 20 30    1 2 3
//   40 50 60    4 5 6
TEST_CASE("augment cuts first and mirrors then, the mean too where it is told to", "[augment]") {
  const Aligned<float> mean{1, 2, 3, 4, 5, 6};
  Aligned<uint8_t> images(3 * 6);
  for (size_t i = 0; i < images.size(); ++i) images[i] = uint8_t(10 * (i % 6 + 1));
  Aligned<ImageDraw> draws(3);
  draws[0] = {.window = {0, 1, false}, .mean_window = {0, 0, false}};
  draws[1] = {.window = {0, 1, true}, .mean_window = {0, 0, false}};
  draws[2] = {.window = {0, 1, true}, .mean_window = {0, 1, true}, .gain = 2, .noise = {100}};
  const auto out = same_on_every_stream([&](Stream stream) {
    Aligned<float> result(3 * 4);
    test::table<float>().augment(stream, images.data(), draws.data(), mean.data(), result.data(),
                                 {.batch = 3,
                                  .height = 2,
                                  .width = 3,
                                  .channels = 1,
                                  .resized_height = 2,
                                  .resized_width = 3,
                                  .out_height = 2,
                                  .out_width = 2});
    return result;
  });
  CHECK(to_double(out) == std::vector<double>{20 - 1, 30 - 2, 50 - 4, 60 - 5,          //
                                              30 - 1, 20 - 2, 60 - 4, 50 - 5,          //
                                              2 * (30 - 3 + 100), 2 * (20 - 2 + 100),  //
                                              2 * (60 - 6 + 100), 2 * (50 - 5 + 100)});
}

}  // namespace tandem::test
