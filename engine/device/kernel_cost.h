// The fewest bytes of each entry of the kernel table, from its contract and its arguments alone.
#pragma once
#include <algorithm>
#include <cstdint>

#include "engine/device/observed_device.h"

namespace tandem {

// Windows along one axis of an image, at [o * stride - pad, o * stride - pad + kernel) for o < count.
struct Windows {
  int size, kernel, stride, pad, count;

  // How many (window, position) pairs lie inside the image: padding costs no reading.
  long taps() const {
    long sum = 0;
    for (int o = 0; o < count; ++o) {
      const int begin = o * stride - pad;
      sum += std::max(0, std::min(begin + kernel, size) - std::max(begin, 0));
    }
    return sum;
  }
  // How many positions some window covers: the rest need not be read.
  long covered() const {
    long sum = 0;
    for (int o = 0, end = 0; o < count; ++o) {
      const int begin = o * stride - pad;
      sum += std::max(0, std::min(begin + kernel, size) - std::max(begin, end));
      end = std::max(end, begin + kernel);
    }
    return sum;
  }
};

template <class T>
struct KernelCost {
  using A = Compute<T>;  // of biases, gradients of weights, probabilities and losses
  static constexpr size_t kBytes = sizeof(T), kSumBytes = sizeof(A);

  static KernelCall elementwise(const char* name, size_t inputs, size_t n) {
    return {name, inputs * n * kBytes, n * kBytes, n};
  }

  static Windows rows(const Convolution& p) { return {p.height, p.kernel, p.stride, p.pad.top, p.out_height}; }
  static Windows columns(const Convolution& p) { return {p.width, p.kernel, p.stride, p.pad.left, p.out_width}; }

  // Some rows of the matrix are charged with their share of the pixels; what their windows read of the rest is extra.
  static KernelCall im2col(const T*, T*, const Convolution& p, int, long, long matrix_rows) {
    const double images = double(matrix_rows) / (double(p.rows()) / p.batch);
    const double image = double(rows(p).covered() * columns(p).covered() * p.group_channels());
    const size_t matrix = size_t(matrix_rows) * p.taps();
    return {"im2col", size_t(image * images) * kBytes, matrix * kBytes, matrix};
  }
  static KernelCall col2im(const T*, T*, const Convolution& p, int, int, int images) {
    const size_t taps = size_t(images) * rows(p).taps() * columns(p).taps() * p.group_channels();
    const size_t pixels = size_t(images) * p.height * p.width * p.group_channels();
    return {"col2im", taps * kBytes, pixels * kBytes, taps};
  }

  static size_t inputs(const Convolution& p) { return size_t(p.batch) * p.height * p.width * p.channels; }
  static size_t covered(const Convolution& p) {
    return size_t(p.batch) * rows(p).covered() * columns(p).covered() * p.channels;
  }
  static size_t outputs(const Convolution& p) { return size_t(p.rows()) * p.out_channels; }
  static size_t weights(const Convolution& p) { return size_t(p.out_channels) * p.taps(); }
  static KernelCall convolution_forward(const char* name, const A* bias, const Convolution& p) {
    const size_t read = covered(p) + weights(p), biases = bias ? p.out_channels : 0;
    return {name, read * kBytes + biases * kSumBytes, outputs(p) * kBytes, std::max(read + biases, outputs(p)),
            outputs(p) * p.taps()};
  }
  static KernelCall convolution_backward_data(const char* name, const Convolution& p) {
    const size_t read = outputs(p) + weights(p);
    return {name, read * kBytes, inputs(p) * kBytes, std::max(read, inputs(p)), outputs(p) * p.taps()};
  }
  static KernelCall convolution_backward_weights(const char* name, const Convolution& p, bool accumulate) {
    const size_t read = covered(p) + outputs(p), old = accumulate ? weights(p) : 0;
    return {name, read * kBytes + old * kSumBytes, weights(p) * kSumBytes, std::max(read + old, weights(p)),
            outputs(p) * p.taps()};
  }
  static KernelCall direct_forward(const T*, const T*, const A* bias, T*, const Convolution& p) {
    return convolution_forward("direct_forward", bias, p);
  }
  static KernelCall direct_backward_data(const T*, const T*, T*, const Convolution& p) {
    return convolution_backward_data("direct_backward_data", p);
  }
  static KernelCall direct_backward_weights(const T*, const T*, A*, const Convolution& p, bool accumulate) {
    return convolution_backward_weights("direct_backward_weights", p, accumulate);
  }
  static KernelCall implicit_forward(const T*, const T*, const A* bias, T*, const Convolution& p) {
    return convolution_forward("implicit_forward", bias, p);
  }
  static KernelCall implicit_backward_data(const T*, const T*, T*, const Convolution& p) {
    return convolution_backward_data("implicit_backward_data", p);
  }
  static KernelCall implicit_backward_weights(const T*, const T*, A*, A*, const Convolution& p, bool accumulate) {
    return convolution_backward_weights("implicit_backward_weights", p, accumulate);
  }

  static KernelCall add_bias(T*, const A*, long rows, int channels) {
    const size_t n = size_t(rows) * channels;
    return {"add_bias", n * kBytes + channels * kSumBytes, n * kBytes, n};
  }
  static KernelCall column_sum(const T*, A*, A*, long rows, int channels, bool accumulate) {
    const size_t n = size_t(rows) * channels;
    return {"column_sum", n * kBytes + (accumulate ? channels : 0) * kSumBytes, channels * kSumBytes, n};
  }

  static KernelCall relu_forward(const T*, T*, size_t n) { return elementwise("relu_forward", 1, n); }
  static KernelCall relu_backward(const T*, const T*, T*, size_t n) { return elementwise("relu_backward", 2, n); }
  static KernelCall sigmoid_forward(const T*, T*, size_t n) { return elementwise("sigmoid_forward", 1, n); }
  static KernelCall sigmoid_backward(const T*, const T*, T*, size_t n) { return elementwise("sigmoid_backward", 2, n); }
  static KernelCall tanh_forward(const T*, T*, size_t n) { return elementwise("tanh_forward", 1, n); }
  static KernelCall tanh_backward(const T*, const T*, T*, size_t n) { return elementwise("tanh_backward", 2, n); }

  static size_t size(const Lrn& p) { return size_t(p.batch) * p.height * p.width * p.channels; }
  static KernelCall lrn(const char* name, size_t inputs, size_t outputs, const Lrn& p) {
    return {name, inputs * size(p) * kBytes, outputs * size(p) * kBytes, size(p)};
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
  static size_t covered(const Pool& p) {
    const Windows rows{p.height, p.kernel_height, p.stride, p.pad.top, p.out_height};
    const Windows columns{p.width, p.kernel_width, p.stride, p.pad.left, p.out_width};
    return size_t(p.batch) * rows.covered() * columns.covered() * p.channels;
  }
  static size_t outputs(const Pool& p) { return size_t(p.batch) * p.out_height * p.out_width * p.channels; }
  static KernelCall max_pool_forward(const T*, T*, uint8_t*, const Pool& p) {
    return {"max_pool_forward", covered(p) * kBytes, outputs(p) * (kBytes + 1), inputs(p)};
  }
  static KernelCall max_pool_backward(const T*, const uint8_t*, T*, const Pool& p) {
    return {"max_pool_backward", outputs(p) * (kBytes + 1), inputs(p) * kBytes, inputs(p)};
  }
  static KernelCall average_pool_forward(const T*, T*, const Pool& p) {
    return {"average_pool_forward", covered(p) * kBytes, outputs(p) * kBytes, inputs(p)};
  }
  static KernelCall average_pool_backward(const T*, T*, const Pool& p) {
    return {"average_pool_backward", outputs(p) * kBytes, inputs(p) * kBytes, inputs(p)};
  }

  static KernelCall dropout(const T*, T*, size_t n, double, const DropoutMask&) { return elementwise("dropout", 1, n); }

  static KernelCall softmax_cross_entropy_forward(const T*, const int32_t*, A*, A*, int32_t*, int rows, int classes) {
    const size_t n = size_t(rows) * classes;
    return {"softmax_cross_entropy_forward", n * kBytes + rows * sizeof(int32_t),
            (n + rows) * kSumBytes + rows * sizeof(int32_t), n};
  }
  static KernelCall softmax_cross_entropy_backward(const A*, const int32_t*, T*, int rows, int classes, double) {
    const size_t n = size_t(rows) * classes;
    return {"softmax_cross_entropy_backward", n * kSumBytes + rows * sizeof(int32_t), n * kBytes, n};
  }

  static size_t inputs(const Local& p) { return size_t(p.batch) * p.height * p.width * p.channels; }
  static size_t covered(const Local& p) {
    const Windows rows{p.height, p.kernel, p.stride, p.pad.top, p.out_height};
    const Windows columns{p.width, p.kernel, p.stride, p.pad.left, p.out_width};
    return size_t(p.batch) * rows.covered() * columns.covered() * p.channels;
  }
  static size_t positions(const Local& p) { return size_t(p.out_height) * p.out_width * p.out_channels; }
  static size_t weights(const Local& p) { return positions(p) * p.kernel * p.kernel * p.channels; }
  static KernelCall local_forward(const T*, const T*, const A*, T*, const Local& p) {
    const size_t outputs = positions(p) * p.batch;
    return {"local_forward", (covered(p) + weights(p)) * kBytes + positions(p) * kSumBytes, outputs * kBytes, outputs};
  }
  static KernelCall local_backward_data(const T*, const T*, T*, const Local& p) {
    return {"local_backward_data", (positions(p) * p.batch + weights(p)) * kBytes, inputs(p) * kBytes, inputs(p)};
  }
  static KernelCall local_backward_weights(const T*, const T*, A*, A*, const Local& p, bool accumulate) {
    const size_t written = weights(p) + positions(p);
    return {"local_backward_weights",
            (covered(p) + positions(p) * p.batch) * kBytes + (accumulate ? written : 0) * kSumBytes,
            written * kSumBytes, written};
  }

  static KernelCall fill(T*, size_t n, double) { return elementwise("fill", 0, n); }
  static KernelCall add(const T*, T*, size_t n) { return elementwise("add", 2, n); }
  static KernelCall scale(const T*, T*, size_t n, double) { return elementwise("scale", 1, n); }
  static KernelCall narrow(const A*, T*, size_t n) { return {"narrow", n * kSumBytes, n * kBytes, n}; }
  static KernelCall copy_channels(const T*, int, int, T*, int, int, int count, long rows) {
    return elementwise("copy_channels", 1, size_t(count) * rows);
  }

  static KernelCall transpose(const T*, T*, int rows, int columns) {
    return elementwise("transpose", 1, size_t(rows) * columns);
  }

  // The table of steps is small, and its size is not told.
  static KernelCall sgd(T*, T*, const T*, size_t n, const int32_t*, const SgdStep<Compute<T>>*) {
    return {"sgd", 3 * n * kBytes + (n + kSgdBlock - 1) / kSgdBlock * sizeof(int32_t), 2 * n * kBytes, n};
  }

  // Of one image: what the network sees, and what resizing makes half-way. A window wants its share of what it is cut
  // from, and images that draw the same window of the mean image read it once.
  static size_t window(const Augment& p) { return size_t(p.out_height) * p.out_width * p.channels; }
  static size_t half_resized(const Augment& p) { return size_t(p.out_height) * p.width * p.channels; }
  static size_t share(size_t elements, int cut, int whole) { return elements * cut / whole; }
  static size_t mean_and_draws(const Augment& p) { return window(p) * sizeof(float) + p.batch * sizeof(ImageDraw); }
  static KernelCall augment(const uint8_t*, const ImageDraw*, const float*, T*, const Augment& p) {
    const size_t n = window(p) * p.batch;
    return {"augment", n + mean_and_draws(p), n * kBytes, n};
  }
  static KernelCall resize_rows(const uint8_t*, const ImageDraw*, const AxisTaps&, A*, const Augment& p) {
    const size_t stored = share(size_t(p.batch) * p.height * p.width * p.channels, p.out_height, p.resized_height);
    const size_t n = half_resized(p) * p.batch;
    return {"resize_rows", stored + p.batch * sizeof(ImageDraw), n * kSumBytes, std::max(stored, n)};
  }
  static KernelCall augment_rows(const A*, const ImageDraw*, const AxisTaps&, const float*, T*, const Augment& p) {
    const size_t half = share(half_resized(p) * p.batch, p.out_width, p.resized_width), n = window(p) * p.batch;
    return {"augment_rows", half * kSumBytes + mean_and_draws(p), n * kBytes, std::max(half, n)};
  }
  static KernelCall magnitude_sums(const T*, size_t n, A*) {
    return {"magnitude_sums", n * kBytes, kMagnitudeParts * kSumBytes, n};
  }
};

template <class T, class Result>
KernelCall gemm_cost(const Gemm<T, Result>& g) {
  const size_t a = size_t(g.m) * g.k, b = size_t(g.k) * g.n, c = size_t(g.m) * g.n;
  return {"gemm", (a + b) * sizeof(T) + (g.beta != 0 ? c : 0) * sizeof(Result), c * sizeof(Result), std::max({a, b, c}),
          c * g.k};
}

}  // namespace tandem
