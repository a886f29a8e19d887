#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "kernels/table.h"
#include "tests/kernels/buffer.h"
#include "tests/kernels/streams.h"

namespace tandem {
namespace {

using test::Aligned;
using Values = std::vector<double>;

Convolution convolution(int batch, int height, int width, int channels, int out_channels, int kernel, int stride,
                        int groups, Padding pad) {
  Convolution p{batch, height, width, channels, out_channels, kernel, stride, groups, pad};
  p.out_height = (height + pad.top + pad.bottom - kernel) / stride + 1;
  p.out_width = (width + pad.left + pad.right - kernel) / stride + 1;
  return p;
}

const std::vector<Convolution>& shapes() {
  static const std::vector<Convolution> all = {
      convolution(2, 15, 14, 3, 8, 11, 4, 1, {0, 0, 3, 3}),  // AlexNet's first layer, small
      convolution(3, 8, 7, 1, 4, 5, 1, 1, {2, 2, 2, 2}),     // LeNet's first
      convolution(2, 6, 7, 96, 64, 5, 1, 2, {2, 2, 2, 2}),   // two groups of whole vectors
      convolution(2, 5, 6, 64, 8, 3, 1, 1, {1, 1, 1, 1}),    // one group of whole vectors
      convolution(1, 5, 5, 33, 3, 3, 1, 3, {1, 1, 1, 1}),    // three groups of 11
      convolution(2, 7, 6, 5, 5, 3, 2, 5, {1, 2, 0, 3}),     // a group a channel, four different paddings
      convolution(2, 9, 8, 5, 4, 2, 3, 1, {0, 0, 0, 0}),     // stride > kernel: pixels that no window reads
      convolution(1, 9, 9, 32, 4, 1, 2, 1, {0, 0, 0, 0}),    // 1 x 1, stride 2
      convolution(1, 3, 2, 16, 4, 5, 1, 1, {4, 4, 4, 4}),    // windows wholly in the padding
      convolution(300, 2, 2, 2, 2, 2, 1, 1, {1, 0, 0, 1}),   // many small images
      convolution(1, 1, 1, 2080, 2, 1, 1, 1, {0, 0, 0, 0}),  // more channels than a block has threads
      convolution(1, 2, 2, 1029, 1, 1, 1, 1, {0, 0, 0, 0}),  // the same, and no multiple of a vector
      convolution(1, 2, 2, 2062, 2, 2, 1, 2, {1, 0, 0, 0}),  // a group of a prime number of them
      convolution(1, 2, 40, 700, 2, 2, 1, 1, {0, 1, 1, 0}),  // a long run that is no multiple of a vector
  };
  return all;
}

std::string name(const Convolution& p) {
  return std::to_string(p.batch) + "x" + std::to_string(p.height) + "x" + std::to_string(p.width) + "x" +
         std::to_string(p.channels) + " kernel " + std::to_string(p.kernel) + " stride " + std::to_string(p.stride) +
         " groups " + std::to_string(p.groups);
}

// Calls visit(row, tap, index into x or -1 for padding) for the whole im2col matrix of a group: the definition.
template <class Visit>
void for_each_tap(const Convolution& p, int group, Visit visit) {
  long row = 0;
  for (int n = 0; n < p.batch; ++n)
    for (int oh = 0; oh < p.out_height; ++oh)
      for (int ow = 0; ow < p.out_width; ++ow, ++row) {
        int tap = 0;
        for (int kh = 0; kh < p.kernel; ++kh)
          for (int kw = 0; kw < p.kernel; ++kw)
            for (int c = 0; c < p.group_channels(); ++c, ++tap) {
              const int h = oh * p.stride - p.pad.top + kh, w = ow * p.stride - p.pad.left + kw;
              const bool inside = h >= 0 && h < p.height && w >= 0 && w < p.width;
              const long pixel = (long(n) * p.height + h) * p.width + w;
              visit(row, tap, inside ? pixel * p.channels + group * p.group_channels() + c : -1L);
            }
      }
}

size_t inputs(const Convolution& p) { return size_t(p.batch) * p.height * p.width * p.channels; }

TEMPLATE_TEST_CASE("im2col copies every window, zeros in the padding", "[kernels]", float, bf16, double) {
  for (const Convolution& p : shapes()) {
    if (!test::affordable(p.rows() * p.taps())) continue;
    INFO(name(p));
    const Aligned<TestType> x = test::random_buffer<TestType>(inputs(p), 1);
    const Values x_values = test::to_double(x);
    for (int group = 0; group < p.groups; ++group) {
      Values expected(size_t(p.rows()) * p.taps());
      for_each_tap(p, group, [&](long row, int tap, long i) {
        expected[size_t(row) * p.taps() + tap] = i < 0 ? 0 : x_values[i];
      });
      const auto rows_from = [&](long begin, long rows) {
        return test::same_on_every_stream([&](Stream stream) {
          Aligned<TestType> columns(size_t(rows) * p.taps());
          test::table<TestType>().im2col(stream, x.data(), columns.data(), p, group, begin, rows);
          return columns;
        });
      };
      REQUIRE(test::to_double(rows_from(0, p.rows())) == expected);
      const long begin = p.rows() / 3, rows = (p.rows() + 1) / 2;
      const auto first = expected.begin() + begin * p.taps();
      REQUIRE(test::to_double(rows_from(begin, rows)) == Values(first, first + rows * p.taps()));
    }
  }
}

TEST_CASE("im2col writes its rows and nothing behind them", "[kernels]") {
  for (const Convolution& p : shapes()) {
    if (!test::affordable(p.rows() * p.taps())) continue;
    INFO(name(p));
    const Aligned<float> x = test::random_buffer<float>(inputs(p), 1);
    const size_t end = size_t(p.rows()) * p.taps();
    Aligned<float> columns(end + 64, 7.0);
    test::table<float>().im2col(nullptr, x.data(), columns.data(), p, p.groups - 1, 0, p.rows());
    for (size_t i = end; i < columns.size(); ++i) REQUIRE(columns[i] == 7);
  }
}

TEMPLATE_TEST_CASE("col2im adds up every reading of a pixel", "[kernels]", float, bf16, double) {
  constexpr double kUntouched = 7;
  for (const Convolution& p : shapes()) {
    if (!test::affordable(p.rows() * p.taps())) continue;
    INFO(name(p));
    for (int group = 0; group < p.groups; ++group) {
      const auto columns = test::random_buffer<TestType>(size_t(p.rows()) * p.taps(), 2);
      const Values column_values = test::to_double(columns);
      Values expected(inputs(p), kUntouched);
      for (size_t i = 0; i < expected.size(); ++i)
        if (int(i % p.channels) / p.group_channels() == group) expected[i] = 0;
      for_each_tap(p, group, [&](long row, int tap, long i) {
        if (i >= 0) expected[i] += column_values[size_t(row) * p.taps() + tap];
      });
      const Aligned<TestType> dx = test::same_on_every_stream([&](Stream stream) {
        Aligned<TestType> result(inputs(p), kUntouched);
        test::table<TestType>().col2im(stream, columns.data(), result.data(), p, group, 0, p.batch);
        return result;
      });
      REQUIRE(test::worst_error(dx, expected) < test::tolerance<TestType>());
    }
  }
}

TEST_CASE("col2im of a range of images leaves the others alone", "[kernels]") {
  const Convolution p = convolution(5, 6, 7, 8, 4, 3, 2, 2, {1, 1, 0, 1});
  const long image_rows = p.rows() / p.batch;
  const auto columns = test::random_buffer<float>(size_t(p.rows()) * p.taps(), 3);
  Aligned<float> whole(inputs(p), 7.0), range(inputs(p), 7.0);
  test::table<float>().col2im(nullptr, columns.data(), whole.data(), p, 1, 0, p.batch);
  const Aligned<float> two_images = [&] {
    Aligned<float> result(2 * image_rows * p.taps());
    std::copy_n(columns.data() + 2 * image_rows * p.taps(), result.size(), result.data());
    return result;
  }();
  test::table<float>().col2im(nullptr, two_images.data(), range.data(), p, 1, 2, 2);
  const size_t image = inputs(p) / p.batch;
  for (size_t i = 0; i < range.size(); ++i) REQUIRE(range[i] == (i / image == 2 || i / image == 3 ? whole[i] : 7));
}

}  // namespace
}  // namespace tandem
