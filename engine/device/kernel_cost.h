// The fewest bytes of each entry of the kernel table, from its contract and its arguments alone.
#pragma once
#include <algorithm>
#include <cstdint>

#include "engine/device/observed_device.h"

namespace tandem {

template <class T>
struct KernelCost {
  static KernelCall elementwise(const char* name, size_t inputs, size_t n) {
    return {name, inputs * n * sizeof(T), n * sizeof(T), n};
  }

  // Of images [first, last] of a shape, one group's channels.
  static size_t pixels(const Convolution& p, long images) {
    return size_t(images) * p.height * p.width * p.group_channels();
  }
  static KernelCall im2col(const T*, T*, const Convolution& p, int, long row_begin, long rows) {
    const long image_rows = p.rows() / p.batch;
    const long images = (row_begin + rows + image_rows - 1) / image_rows - row_begin / image_rows;
    const size_t columns = size_t(rows) * p.taps();
    // Part of an image is charged for its share of rows; windows that reach into the rest are extra.
    const size_t input = std::min(pixels(p, images), size_t(double(pixels(p, 1)) * rows / image_rows));
    return {"im2col", input * sizeof(T), columns * sizeof(T), columns};
  }
  static KernelCall col2im(const T*, T*, const Convolution& p, int, int, int images) {
    const size_t columns = size_t(p.rows() / p.batch) * images * p.taps();
    return {"col2im", columns * sizeof(T), pixels(p, images) * sizeof(T), pixels(p, images)};
  }

  static KernelCall add_bias(T*, const T*, long rows, int channels) {
    const size_t n = size_t(rows) * channels;
    return {"add_bias", (n + channels) * sizeof(T), n * sizeof(T), n};
  }
  static KernelCall column_sum(const T*, T*, T*, long rows, int channels, bool accumulate) {
    const size_t n = size_t(rows) * channels;
    return {"column_sum", (n + (accumulate ? channels : 0)) * sizeof(T), channels * sizeof(T), n};
  }

  static KernelCall relu_forward(const T*, T*, size_t n) { return elementwise("relu_forward", 1, n); }
  static KernelCall relu_backward(const T*, const T*, T*, size_t n) { return elementwise("relu_backward", 2, n); }
  static KernelCall sigmoid_forward(const T*, T*, size_t n) { return elementwise("sigmoid_forward", 1, n); }
  static KernelCall sigmoid_backward(const T*, const T*, T*, size_t n) { return elementwise("sigmoid_backward", 2, n); }
  static KernelCall tanh_forward(const T*, T*, size_t n) { return elementwise("tanh_forward", 1, n); }
  static KernelCall tanh_backward(const T*, const T*, T*, size_t n) { return elementwise("tanh_backward", 2, n); }

  static size_t size(const Lrn& p) { return size_t(p.batch) * p.height * p.width * p.channels; }
  static KernelCall lrn(const char* name, size_t inputs, size_t outputs, const Lrn& p) {
    return {name, inputs * size(p) * sizeof(T), outputs * size(p) * sizeof(T), size(p)};
  }
  static KernelCall lrn_forward(const T*, T*, T*, const Lrn& p) { return lrn("lrn_forward", 1, 2, p); }
  static KernelCall lrn_backward(const T*, const T*, const T*, const T*, T*, const Lrn& p) {
    return lrn("lrn_backward", 4, 1, p);
  }
  static KernelCall lrn_same_map_forward(const T*, T*, T*, const Lrn& p) {
    return lrn("lrn_same_map_forward", 1, 2, p);
  }
  static KernelCall lrn_same_map_backward(const T*, const T*, const T*, const T*, T*, const Lrn& p) {
    return lrn("lrn_same_map_backward", 4, 1, p);
  }

  static size_t inputs(const Pool& p) { return size_t(p.batch) * p.height * p.width * p.channels; }
  static size_t outputs(const Pool& p) { return size_t(p.batch) * p.out_height * p.out_width * p.channels; }
  static KernelCall max_pool_forward(const T*, T*, uint8_t*, const Pool& p) {
    return {"max_pool_forward", inputs(p) * sizeof(T), outputs(p) * (sizeof(T) + 1), outputs(p)};
  }
  static KernelCall max_pool_backward(const T*, const uint8_t*, T*, const Pool& p) {
    return {"max_pool_backward", outputs(p) * (sizeof(T) + 1), inputs(p) * sizeof(T), inputs(p)};
  }
  static KernelCall average_pool_forward(const T*, T*, const Pool& p) {
    return {"average_pool_forward", inputs(p) * sizeof(T), outputs(p) * sizeof(T), outputs(p)};
  }
  static KernelCall average_pool_backward(const T*, T*, const Pool& p) {
    return {"average_pool_backward", outputs(p) * sizeof(T), inputs(p) * sizeof(T), inputs(p)};
  }

  static KernelCall dropout(const T*, T*, size_t n, double, const DropoutMask&) { return elementwise("dropout", 1, n); }

  static KernelCall softmax_cross_entropy_forward(const T*, const int32_t*, T*, T*, int32_t*, int rows, int classes) {
    const size_t n = size_t(rows) * classes;
    return {"softmax_cross_entropy_forward", n * sizeof(T) + rows * sizeof(int32_t),
            (n + rows) * sizeof(T) + rows * sizeof(int32_t), n};
  }
  static KernelCall softmax_cross_entropy_backward(const T*, const int32_t*, T*, int rows, int classes, double) {
    const size_t n = size_t(rows) * classes;
    return {"softmax_cross_entropy_backward", n * sizeof(T) + rows * sizeof(int32_t), n * sizeof(T), n};
  }

  static size_t inputs(const Local& p) { return size_t(p.batch) * p.height * p.width * p.channels; }
  static size_t positions(const Local& p) { return size_t(p.out_height) * p.out_width * p.out_channels; }
  static size_t weights(const Local& p) { return positions(p) * p.kernel * p.kernel * p.channels; }
  static KernelCall local_forward(const T*, const T*, const T*, T*, const Local& p) {
    const size_t outputs = positions(p) * p.batch;
    return {"local_forward", (inputs(p) + weights(p) + positions(p)) * sizeof(T), outputs * sizeof(T), outputs};
  }
  static KernelCall local_backward_data(const T*, const T*, T*, const Local& p) {
    return {"local_backward_data", (positions(p) * p.batch + weights(p)) * sizeof(T), inputs(p) * sizeof(T), inputs(p)};
  }
  static KernelCall local_backward_weights(const T*, const T*, T*, T*, const Local& p, bool accumulate) {
    const size_t written = weights(p) + positions(p);
    return {"local_backward_weights", (inputs(p) + positions(p) * p.batch + (accumulate ? written : 0)) * sizeof(T),
            written * sizeof(T), written};
  }

  static KernelCall fill(T*, size_t n, double) { return elementwise("fill", 0, n); }
  static KernelCall add(const T*, T*, size_t n) { return elementwise("add", 2, n); }
  static KernelCall scale(const T*, T*, size_t n, double) { return elementwise("scale", 1, n); }
  static KernelCall copy_channels(const T*, int, int, T*, int, int, int count, long rows) {
    return elementwise("copy_channels", 1, size_t(count) * rows);
  }

  static KernelCall sgd(T*, T*, const T*, size_t n, const SgdStep&) {
    return {"sgd", 3 * n * sizeof(T), 2 * n * sizeof(T), n};
  }
};

}  // namespace tandem
