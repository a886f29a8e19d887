#include "layers/convolution_plan.h"

#include <algorithm>

namespace tandem {
namespace {

constexpr long kFewestTileRows = 64;  // fewer, and GEMM reads the weights more often than it can hide

long divide_up(long a, long b) { return (a + b - 1) / b; }

bool is_matrix(const Convolution& c) {
  const bool padded = c.pad.top || c.pad.left || c.pad.bottom || c.pad.right;
  const bool one_pixel = c.kernel == 1 && c.stride == 1;
  const bool whole_image = c.kernel == c.height && c.kernel == c.width && c.groups == 1;
  return !padded && (one_pixel || whole_image);
}

}  // namespace

ConvolutionPlan::ConvolutionPlan(const Convolution& shape, const Device& device, size_t element_bytes)
    : input_is_matrix(is_matrix(shape)) {
  const long pixels = long(shape.out_height) * shape.out_width;
  const size_t row_bytes = shape.taps() * element_bytes;
  const long rows = std::max(kFewestTileRows, long(device.tile_bytes() / row_bytes));
  input_row = long(shape.height) * shape.width * shape.channels / pixels;
  const long row_multiple = std::max<long>(16, long(64 / element_bytes));
  tile_rows = divide_up(std::min(rows, shape.rows()), row_multiple) * row_multiple;
  tiles = divide_up(shape.rows(), tile_rows);
  partial_sums = int(std::min<long>(device.partial_sums(), tiles));
  tile_images = int(std::clamp<long>(tile_rows / pixels, 1, shape.batch));
  image_tiles = divide_up(shape.batch, tile_images);
  tile_workspace = input_is_matrix ? 0 : tile_rows * row_bytes;
  image_workspace = input_is_matrix ? 0 : tile_images * pixels * row_bytes;
}

}  // namespace tandem
