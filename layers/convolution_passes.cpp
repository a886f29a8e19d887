// Convolution by explicit im2col. The other way to a stride-1 convolution's data gradient, a forward convolution of dy
// with turned filters, was measured and is not here: no faster in a whole step (docs/performance.md).
#include <algorithm>

#include "layers/convolution_passes.h"
#include "layers/convolution_plan.h"

namespace tandem {
namespace {

// Rows of one group's im2col matrix in memory.
template <class T>
struct Rows {
  T* data;
  long length;
};

// Rows [begin, begin + count) of group g: made in the lane's workspace, or where the input is the matrix already,
// found.
template <class T>
Rows<const T> columns_of(Device& device, const Lane& lane, const ConvolutionPlan& plan, const Convolution& shape,
                         const T* x, int g, long begin, long count) {
  if (plan.input_is_matrix) return {x + begin * plan.input_row + g * shape.group_channels(), plan.input_row};
  T* const columns = reinterpret_cast<T*>(lane.workspace);
  device.kernels<T>().im2col(lane.stream, x, columns, shape, g, begin, count);
  return {columns, shape.taps()};
}

// Group g's filters in w: a matrix [group_outputs][taps].
long filters_offset(const Convolution& shape, int g) { return long(g) * shape.group_outputs() * shape.taps(); }

// dw[group_outputs][taps] of every group: beta dw + dy^T columns over one tile of rows.
template <class T>
void add_tile_gradient(Device& device, const Lane& lane, const ConvolutionPlan& plan, const Convolution& shape,
                       const T* x, const T* dy, long begin, long count, Compute<T> beta, Compute<T>* dw) {
  for (int g = 0; g < shape.groups; ++g) {
    const Rows<const T> columns = columns_of(device, lane, plan, shape, x, g, begin, count);
    device.gemm(lane, Gemm<T, Compute<T>>{.transpose_a = true,
                                          .m = shape.group_outputs(),
                                          .n = shape.taps(),
                                          .k = count,
                                          .a = dy + begin * shape.out_channels + g * shape.group_outputs(),
                                          .lda = shape.out_channels,
                                          .b = columns.data,
                                          .ldb = columns.length,
                                          .beta = beta,
                                          .c = dw + filters_offset(shape, g),
                                          .ldc = shape.taps()});
  }
}

// The filters w as the right-hand matrix of columns * w^T.
template <class T>
struct Filters {
  const T* data;
  bool transposed;  // as they are stored, a filter a row; else a filter a column
};

template <class T>
Filters<T> filters_for_columns(Device& device, const Convolution& shape, const T* w, T* turned) {
  if (!device.wants_plain_b()) return {w, true};
  for (int g = 0; g < shape.groups; ++g) {
    const long offset = filters_offset(shape, g);
    device.kernels<T>().transpose(device.stream(), w + offset, turned + offset, shape.group_outputs(),
                                  int(shape.taps()));
  }
  return {turned, false};
}

// Elements from one partial sum of the weight gradient to the next: every one begins on 64 bytes.
size_t partial_stride(const Convolution& shape) {
  const size_t weights = size_t(shape.out_channels) * shape.taps();
  return (weights + 15) / 16 * 16;
}

}  // namespace

template <class T>
ScratchUse convolution_scratch(const Device& device, const Convolution& shape, const PassKind& kind) {
  const ConvolutionPlan plan(shape, device, sizeof(T));
  ScratchUse use{.tiles = {{plan.tiles, plan.tile_workspace}}};
  if (device.wants_plain_b()) use.bytes = size_t(shape.out_channels) * shape.taps() * sizeof(T);
  if (!kind.backward) return use;
  use.tiles.push_back({plan.partial_sums, plan.tile_workspace});
  if (kind.input_gradient) use.tiles.push_back({plan.image_tiles, plan.image_workspace});
  use.bytes = std::max(use.bytes, size_t(plan.partial_sums - 1) * partial_stride(shape) * sizeof(Compute<T>));
  return use;
}

template <class T>
void convolve(Device& device, const Convolution& shape, const T* x, const T* w, const Compute<T>* bias, T* y,
              T* turned) {
  const ConvolutionPlan plan(shape, device, sizeof(T));
  const Filters<T> filters = filters_for_columns(device, shape, w, turned);
  device.for_tiles(plan.tiles, plan.tile_workspace, [&](long tile, const Lane& lane) {
    const long begin = tile * plan.tile_rows, count = std::min(plan.tile_rows, shape.rows() - begin);
    T* const tile_y = y + begin * shape.out_channels;
    for (int g = 0; g < shape.groups; ++g) {
      const Rows<const T> columns = columns_of(device, lane, plan, shape, x, g, begin, count);
      device.gemm(lane, Gemm<T>{.transpose_b = filters.transposed,
                                .m = count,
                                .n = shape.group_outputs(),
                                .k = shape.taps(),
                                .a = columns.data,
                                .lda = columns.length,
                                .b = filters.data + filters_offset(shape, g),
                                .ldb = filters.transposed ? shape.taps() : shape.group_outputs(),
                                .c = tile_y + g * shape.group_outputs(),
                                .ldc = shape.out_channels});
    }
    // Here and not over the whole output later: the tile is still in cache.
    if (bias) device.kernels<T>().add_bias(lane.stream, tile_y, bias, count, shape.out_channels);
  });
}

template <class T>
void convolution_weight_gradient(Device& device, const Convolution& shape, const T* x, const T* dy, Compute<T>* dw,
                                 bool accumulate, Compute<T>* partials) {
  const ConvolutionPlan plan(shape, device, sizeof(T));
  const size_t weights = size_t(shape.out_channels) * shape.taps(), stride = partial_stride(shape);
  // Sum 0 goes straight to dw, the others to scratch, and then dw takes them in order.
  const auto sum = [&](long s) { return s == 0 ? dw : partials + (s - 1) * stride; };

  device.for_tiles(plan.partial_sums, plan.tile_workspace, [&](long s, const Lane& lane) {
    const long first = s * plan.tiles / plan.partial_sums, last = (s + 1) * plan.tiles / plan.partial_sums;
    for (long tile = first; tile < last; ++tile) {
      const long begin = tile * plan.tile_rows, count = std::min(plan.tile_rows, shape.rows() - begin);
      const bool add = tile > first || (s == 0 && accumulate);
      add_tile_gradient(device, lane, plan, shape, x, dy, begin, count, Compute<T>(add), sum(s));
    }
  });
  for (int s = 1; s < plan.partial_sums; ++s) device.kernels<Compute<T>>().add(device.stream(), sum(s), dw, weights);
}

template <class T>
void convolution_data_gradient(Device& device, const Convolution& shape, const T* dy, const T* w, T* dx) {
  const ConvolutionPlan plan(shape, device, sizeof(T));
  const long pixels = long(shape.out_height) * shape.out_width;
  device.for_tiles(plan.image_tiles, plan.image_workspace, [&](long tile, const Lane& lane) {
    const int image = int(tile) * plan.tile_images, images = std::min(plan.tile_images, shape.batch - image);
    const long begin = image * pixels;
    for (int g = 0; g < shape.groups; ++g) {
      // Where the input is the matrix, so is its gradient: nothing is left to add up.
      const Rows<T> columns = plan.input_is_matrix
                                  ? Rows<T>{dx + begin * plan.input_row + g * shape.group_channels(), plan.input_row}
                                  : Rows<T>{reinterpret_cast<T*>(lane.workspace), shape.taps()};
      device.gemm(lane, Gemm<T>{.m = images * pixels,
                                .n = shape.taps(),
                                .k = shape.group_outputs(),
                                .a = dy + begin * shape.out_channels + g * shape.group_outputs(),
                                .lda = shape.out_channels,
                                .b = w + filters_offset(shape, g),
                                .ldb = shape.taps(),
                                .c = columns.data,
                                .ldc = columns.length});
      if (!plan.input_is_matrix) device.kernels<T>().col2im(lane.stream, columns.data, dx, shape, g, image, images);
    }
  });
}

// NOLINTBEGIN(bugprone-macro-parentheses): a type in parentheses is none
#define INSTANTIATE(T)                                                                                          \
  template ScratchUse convolution_scratch<T>(const Device&, const Convolution&, const PassKind&);               \
  template void convolve(Device&, const Convolution&, const T*, const T*, const Compute<T>*, T*, T*);           \
  template void convolution_weight_gradient(Device&, const Convolution&, const T*, const T*, Compute<T>*, bool, \
                                            Compute<T>*);                                                       \
  template void convolution_data_gradient(Device&, const Convolution&, const T*, const T*, T*);
// NOLINTEND(bugprone-macro-parentheses)
INSTANTIATE(float)
INSTANTIATE(bf16)
INSTANTIATE(double)
#undef INSTANTIATE

}  // namespace tandem
