#include <catch2/catch.hpp>
#include <set>

#include "engine/device/kernel_cost.h"

namespace tandem {
namespace {

TEST_CASE("windows are counted as one would one by one", "[device]") {
  for (const int size : {1, 2, 5, 6, 13})
    for (const int kernel : {1, 2, 3, 5})
      for (const int stride : {1, 2, 4})
        for (const int pad : {0, 1, 2})
          for (const int count : {1, 2, 3}) {
            CAPTURE(size, kernel, stride, pad, count);
            long taps = 0;
            std::set<int> covered;
            for (int o = 0; o < count; ++o)
              for (int k = 0; k < kernel; ++k)
                if (const int position = o * stride - pad + k; position >= 0 && position < size) {
                  ++taps;
                  covered.insert(position);
                }
            const Windows windows{size, kernel, stride, pad, count};
            CHECK(windows.taps() == taps);
            CHECK(windows.covered() == long(covered.size()));
          }
}

// By hand: 2 images of 5 x 5 x 3, windows of 3 x 3 every 2: 2 x 2 of them a image, which cover all of it.
TEST_CASE("the fewest bytes of a convolution and a pool, by hand", "[device]") {
  const Convolution convolution{.batch = 2,
                                .height = 5,
                                .width = 5,
                                .channels = 3,
                                .out_channels = 4,
                                .kernel = 3,
                                .stride = 2,
                                .pad = {},
                                .out_height = 2,
                                .out_width = 2};
  const KernelCall im2col = KernelCost<float>::im2col(nullptr, nullptr, convolution, 0, 0, 8);
  CHECK(im2col.bytes_read == 2 * 5 * 5 * 3 * 4);
  CHECK(im2col.bytes_written == 2 * 4 * 27 * 4);
  const KernelCall half = KernelCost<float>::im2col(nullptr, nullptr, convolution, 0, 4, 4);
  CHECK(half.bytes_read == 5 * 5 * 3 * 4);
  const KernelCall col2im = KernelCost<float>::col2im(nullptr, nullptr, convolution, 0, 0, 2);
  CHECK(col2im.bytes_read == 2 * 4 * 27 * 4);
  CHECK(col2im.bytes_written == 2 * 5 * 5 * 3 * 4);

  // The last row and column of 6 x 6 lie in no window.
  const Pool pool{.batch = 1,
                  .height = 6,
                  .width = 6,
                  .channels = 2,
                  .kernel_height = 3,
                  .kernel_width = 3,
                  .stride = 2,
                  .pad = {},
                  .out_height = 2,
                  .out_width = 2};
  const KernelCall forward = KernelCost<float>::max_pool_forward(nullptr, nullptr, nullptr, pool);
  CHECK(forward.bytes_read == 5 * 5 * 2 * 4);
  CHECK(forward.bytes_written == 2 * 2 * 2 * (4 + 1));
}

TEST_CASE("in bf16 what is added up counts as float, by hand", "[device]") {
  const KernelCall bias = KernelCost<bf16>::add_bias(nullptr, nullptr, 10, 6);
  CHECK(bias.bytes_read == 10 * 6 * 2 + 6 * 4);
  CHECK(bias.bytes_written == 10 * 6 * 2);
  const KernelCall sum = KernelCost<bf16>::column_sum(nullptr, nullptr, nullptr, 10, 6, true);
  CHECK(sum.bytes_read == 10 * 6 * 2 + 6 * 4);
  CHECK(sum.bytes_written == 6 * 4);
  const KernelCall gemm = gemm_cost(Gemm<bf16, float>{.m = 2, .n = 3, .k = 4, .beta = 1});
  CHECK(gemm.bytes_read == (2 * 4 + 4 * 3) * 2 + 2 * 3 * 4);
  CHECK(gemm.bytes_written == 2 * 3 * 4);
}

// By hand: 2 images of 8 x 6 x 3 become windows of 4 x 4, and where they are resized, to 4 x 12, a third as wide.
TEST_CASE("the fewest bytes of augmentation, by hand", "[device]") {
  const Augment stored{.batch = 2,
                       .height = 8,
                       .width = 6,
                       .channels = 3,
                       .resized_height = 8,
                       .resized_width = 6,
                       .out_height = 4,
                       .out_width = 4};
  constexpr size_t kDraws = 2 * sizeof(ImageDraw), kMean = 4 * 4 * 3 * 4;
  const KernelCall augment = KernelCost<float>::augment(nullptr, nullptr, nullptr, nullptr, stored);
  CHECK(augment.bytes_read == 2 * 4 * 4 * 3 + kDraws + kMean);
  CHECK(augment.bytes_written == 2 * 4 * 4 * 3 * 4);

  Augment resized = stored;
  resized.resized_height = 4, resized.resized_width = 12;
  const KernelCall rows = KernelCost<float>::resize_rows(nullptr, nullptr, {}, nullptr, resized);
  CHECK(rows.bytes_read == 2 * 8 * 6 * 3 + kDraws);
  CHECK(rows.bytes_written == 2 * 4 * 6 * 3 * 4);
  const KernelCall columns = KernelCost<float>::augment_rows(nullptr, nullptr, {}, nullptr, nullptr, resized);
  CHECK(columns.bytes_read == 2 * 4 * 6 * 3 * 4 / 3 + kDraws + kMean);
  CHECK(columns.bytes_written == augment.bytes_written);
}

}  // namespace
}  // namespace tandem
