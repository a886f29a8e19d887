// The im2col matrix of a convolution without its memory: an element is found in the image when somebody asks for it.
// Its two sources are operands of kernels/tile_product.h.
#pragma once
#include "kernels/divisor.h"
#include "kernels/kernel.h"

namespace tandem::KERNEL_NAMESPACE {

constexpr int kNowhere = -(1 << 29);  // a row that no tap takes into the image

// Where a window's corner lies, maybe in the padding, in the image that begins at element `image`; and where a tap lies
// from there.
struct Window {
  long image;
  int top, left;
};
struct Tap {
  int down, right, channel;
};

// Windows over images of height x width pixels of `channels` each, and what of them lies under each tap.
struct Windows {
  int count;                       // window = (image, row, column)
  Divisor by_rows, by_columns;     // of windows, in an image
  int stride, top, left;           // between corners; of the first
  int height, width, channels;     // of the images
  int taps, direction;             // tap = (down, right, channel); -1: they go up and left from the corner
  Divisor by_taps_across, by_run;  // by_run: of channels, in a group

  __device__ Window window(int i) const {
    const int row_of_all = by_columns.quotient(i), column = by_columns.remainder(i);
    const int image = by_rows.quotient(row_of_all), row = by_rows.remainder(row_of_all);
    return {long(image) * height * width * channels, i < count ? row * stride + top : kNowhere, column * stride + left};
  }
  __device__ Tap tap(int k) const {
    const int pixel = by_run.quotient(k), channel = by_run.remainder(k);
    const int down = by_taps_across.quotient(pixel) * direction, right = by_taps_across.remainder(pixel) * direction;
    return {k < taps ? down : kNowhere, right, channel};
  }
  // N channels of the pixel there; zeros in the padding and nowhere.
  template <int N, class T>
  __device__ Vec<Compute<T>, N> at(const T* x, const Window& window, const Tap& tap) const {
    const int h = window.top + tap.down, w = window.left + tap.right;
    const bool inside = h >= 0 && h < height && w >= 0 && w < width;
    return inside ? Vec<Compute<T>, N>::load(x + window.image + ((h * width + w) * channels + tap.channel))
                  : Vec<Compute<T>, N>::all(0);
  }
};

// The matrix as a product's left operand: m = window, k = tap.
template <class T, int N>
struct PixelsByWindow {
  static constexpr bool kAlongK = true;
  using Place = Window;
  const T* x;
  const Windows& windows;
  __device__ Place place(int m) const { return windows.window(m); }
  __device__ Vec<Compute<T>, N> load(const Place& window, int k) const {
    return windows.at<N>(x, window, windows.tap(k));
  }
};

// The same as the right operand: k = window, n = tap.
template <class T, int N>
struct PixelsByTap {
  static constexpr bool kAlongK = false;
  using Place = Tap;
  const T* x;
  const Windows& windows;
  __device__ Place place(int n) const { return windows.tap(n); }
  __device__ Vec<Compute<T>, N> load(const Place& tap, int k) const { return windows.at<N>(x, windows.window(k), tap); }
};

// The windows of the convolution over x, which lie in (n, oh, ow) order.
inline Windows windows_over_input(const Convolution& p) {
  return {.count = int(p.rows()),
          .by_rows = Divisor(p.out_height),
          .by_columns = Divisor(p.out_width),
          .stride = p.stride,
          .top = -p.pad.top,
          .left = -p.pad.left,
          .height = p.height,
          .width = p.width,
          .channels = p.channels,
          .taps = p.taps(),
          .direction = 1,
          .by_taps_across = Divisor(p.kernel),
          .by_run = Divisor(p.group_channels())};
}

// Which pixels a launch of backward data is about, (h + i stride, w + j stride), and which taps see them.
struct Phase {
  int h, w, kh, kw;
};

// One window over dy for each pixel of a phase. The phase's first tap looks at the lowest output pixel whose window
// covers the pixel; the next one, a stride further down in the filter, at the output pixel above.
inline Windows windows_over_gradient(const Convolution& p, const Phase& phase) {
  const int rows = ceil_div(p.height - phase.h, p.stride), columns = ceil_div(p.width - phase.w, p.stride);
  const int taps_down = max(0, ceil_div(p.kernel - phase.kh, p.stride));
  const int taps_across = max(0, ceil_div(p.kernel - phase.kw, p.stride));
  return {.count = p.batch * rows * columns,
          .by_rows = Divisor(rows),
          .by_columns = Divisor(columns),
          .stride = 1,
          .top = (phase.h + p.pad.top - phase.kh) / p.stride,
          .left = (phase.w + p.pad.left - phase.kw) / p.stride,
          .height = p.out_height,
          .width = p.out_width,
          .channels = p.out_channels,
          .taps = taps_down * taps_across * p.group_outputs(),
          .direction = -1,
          .by_taps_across = Divisor(max(1, taps_across)),
          .by_run = Divisor(p.group_outputs())};
}

}  // namespace tandem::KERNEL_NAMESPACE
