// Convolution as its definition has it, the first step of a ladder: convolution.cu goes on with columns and a matrix
// product, implicit_convolution.cu with a matrix product without columns. With the tap (kh, kw, c) of a filter lying on
// the pixel (h, w) = (oh stride - top + kh, ow stride - left + kw), and no pixel outside the image,
//   y[n][oh][ow][o]  = bias[o] + sum over the taps of w[o][kh][kw][c] x[n][h][w][c]
//   dx[n][h][w][c]   = sum over the windows that cover (h, w), and over o, of w[o][kh][kw][c] dy[n][oh][ow][o]
//   dw[o][kh][kw][c] = sum over n, oh, ow of dy[n][oh][ow][o] x[n][h][w][c]
// A thread computes one element of the result as one sum, in that order; x runs over its channels.
// Bytes: each of the two operands is read once a multiply-add, from cache at best, which is what the other steps are
// for. Forward's neighbouring threads read filters that lie far apart; both backward passes read rows of channels.
#include "kernels/kernel.h"
#include "kernels/row_launch.h"
#include "kernels/window.h"

namespace tandem::KERNEL_NAMESPACE {
namespace {

// A group's share of the channels of x, which lie side by side, and of the outputs.
struct Group {
  int run, outputs;
  __device__ explicit Group(const Convolution& p) : run(p.channels / p.groups), outputs(p.out_channels / p.groups) {}
};

// x runs over the outputs, y over output pixels.
template <class T>
__global__ void direct_forward_kernel(const T* __restrict__ x, const T* __restrict__ w,
                                      const Compute<T>* __restrict__ bias, T* __restrict__ y, Convolution p, int rows) {
  const int o = column_index(), row = int(row_index());
  const Group group(p);
  const int image_row = row / p.out_width, image = image_row / p.out_height;
  const int top = image_row % p.out_height * p.stride - p.pad.top, left = row % p.out_width * p.stride - p.pad.left;
  const Range hs = inside(top, p.kernel, p.height), ws = inside(left, p.kernel, p.width);
  const T* in = x + size_t(image) * p.height * p.width * p.channels + o / group.outputs * group.run;
  const T* filter = w + size_t(o) * p.kernel * p.kernel * group.run;
  if (row >= rows) return;
  Compute<T> sum = 0;
  for (int h = hs.begin; h < hs.end; ++h) {
    for (int column = ws.begin; column < ws.end; ++column) {
      const T* pixel = in + (size_t(h) * p.width + column) * p.channels;
      const T* tap = filter + ((h - top) * p.kernel + column - left) * group.run;
      for (int c = 0; c < group.run; ++c) sum += load(tap + c) * load(pixel + c);
    }
  }
  store(y + size_t(row) * p.out_channels + o, bias ? load(bias + o) + sum : sum);
}

// x runs over the channels, y over pixels.
template <class T>
__global__ void direct_backward_data_kernel(const T* __restrict__ dy, const T* __restrict__ w, T* __restrict__ dx,
                                            Convolution p, int pixels) {
  const int c = column_index(), pixel = int(row_index());
  const Group group(p);
  const int image_row = pixel / p.width, image = image_row / p.height;
  const int h = image_row % p.height + p.pad.top, column = pixel % p.width + p.pad.left;
  const Range ohs = covering(h, p.kernel, p.stride, p.out_height);
  const Range ows = covering(column, p.kernel, p.stride, p.out_width);
  const int output = c / group.run * group.outputs;  // the group's first
  const size_t filter_size = size_t(p.kernel) * p.kernel * group.run;
  if (pixel >= pixels) return;
  Compute<T> sum = 0;
  for (int oh = ohs.begin; oh < ohs.end; ++oh) {
    for (int ow = ows.begin; ow < ows.end; ++ow) {
      const T* gradient = dy + ((size_t(image) * p.out_height + oh) * p.out_width + ow) * p.out_channels + output;
      const int tap = (h - oh * p.stride) * p.kernel + column - ow * p.stride;
      const T* weight = w + output * filter_size + tap * group.run + c % group.run;
      for (int o = 0; o < group.outputs; ++o) sum += load(weight + o * filter_size) * load(gradient + o);
    }
  }
  store(dx + size_t(pixel) * p.channels + c, sum);
}

// x runs over a filter's channels, y over outputs and the filter's pixels (kh, kw).
template <class T>
__global__ void direct_backward_weights_kernel(const T* __restrict__ x, const T* __restrict__ dy,
                                               Compute<T>* __restrict__ dw, Convolution p, int taps, bool accumulate) {
  const int c = column_index(), tap = int(row_index());
  const Group group(p);
  const int kw = tap % p.kernel, kh = tap / p.kernel % p.kernel, o = tap / p.kernel / p.kernel;
  const T* channel = x + o / group.outputs * group.run + c;
  if (tap >= taps) return;
  Compute<T> sum = 0;
  for (int image_row = 0; image_row < p.batch * p.out_height; ++image_row) {
    const int image = image_row / p.out_height, h = image_row % p.out_height * p.stride - p.pad.top + kh;
    if (h < 0 || h >= p.height) continue;
    const T* in = channel + (size_t(image) * p.height + h) * p.width * p.channels;
    const T* gradient = dy + size_t(image_row) * p.out_width * p.out_channels + o;
    for (int ow = 0; ow < p.out_width; ++ow) {
      const int column = ow * p.stride - p.pad.left + kw;
      if (column < 0 || column >= p.width) continue;
      sum += load(gradient + ow * p.out_channels) * load(in + column * p.channels);
    }
  }
  Compute<T>* out = dw + size_t(tap) * group.run + c;
  store(out, accumulate ? load(out) + sum : sum);
}

template <class T>
void direct_forward(Stream stream, const T* x, const T* w, const Compute<T>* bias, T* y, const Convolution& p) {
  const int rows = int(p.rows());
  launch<direct_forward_kernel<T>>(row_launch(stream, rows, p.out_channels), x, w, bias, y, p, rows);
}

template <class T>
void direct_backward_data(Stream stream, const T* dy, const T* w, T* dx, const Convolution& p) {
  const int pixels = p.batch * p.height * p.width;
  launch<direct_backward_data_kernel<T>>(row_launch(stream, pixels, p.channels), dy, w, dx, p, pixels);
}

template <class T>
void direct_backward_weights(Stream stream, const T* x, const T* dy, Compute<T>* dw, const Convolution& p,
                             bool accumulate) {
  const int taps = p.out_channels * p.kernel * p.kernel;
  launch<direct_backward_weights_kernel<T>>(row_launch(stream, taps, p.group_channels()), x, dy, dw, p, taps,
                                            accumulate);
}

}  // namespace

template <class T>
void fill_direct_convolution(Table<T>& table) {
  table.direct_forward = direct_forward<T>;
  table.direct_backward_data = direct_backward_data<T>;
  table.direct_backward_weights = direct_backward_weights<T>;
}
TANDEM_INSTANTIATE(fill_direct_convolution)

}  // namespace tandem::KERNEL_NAMESPACE
