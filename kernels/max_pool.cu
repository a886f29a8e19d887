// Maximum over a window of pixels, channel by channel (section 3.4 of the 2012 paper, where windows overlap: 3 x 3
// every 2), and where it was: argmax = kh * kernel_width + kw of the first maximum in row-major order. Padding never
// wins. A value that is not a number wins over every number, so that a net that has diverged does not look well.
//
// Forward: a thread owns one channel of one output. A tap that falls outside the image is moved to the nearest pixel
// inside, which belongs to the same window and so changes neither the maximum nor its place: all taps are then alike.
// Backward: gathers, without atomics. A thread owns a few channels of a 2 x 2 square of input pixels (any window: of
// one pixel) and adds up the gradients of the windows whose argmax is there. Bytes: forward reads x, writes y and
// argmax; backward reads dy and argmax, writes dx. Each once, where windows that overlap are read from cache: the
// fewest possible.
#include "kernels/kernel.h"
#include "kernels/row_launch.h"
#include "kernels/unrolled.h"

namespace tandem::KERNEL_NAMESPACE {
namespace {

__device__ int clamp(int i, int size) { return min(max(i, 0), size - 1); }

// kKernel: the side of a square window, or 0 for any window.
template <class T, int kKernel>
__global__ void max_pool_forward_kernel(const T* __restrict__ x, T* __restrict__ y, uint8_t* __restrict__ argmax,
                                        Pool p, int outputs) {
  using A = Compute<T>;
  const int c = column_index(), output = int(row_index());
  const int ow = output % p.out_width, row = output / p.out_width, oh = row % p.out_height, image = row / p.out_height;
  const int kernel_height = kKernel ? kKernel : p.kernel_height, kernel_width = kKernel ? kKernel : p.kernel_width;
  const int h0 = oh * p.stride - p.pad.top, w0 = ow * p.stride - p.pad.left;
  const T* xs = x + size_t(image) * p.height * p.width * p.channels;
  T* ys = y + size_t(output) * p.channels;
  uint8_t* argmaxes = argmax + size_t(output) * p.channels;
  if (output >= outputs) return;
  A best = 0;
  int place = -1;
  unrolled<kKernel>(kernel_height, [&](int kh) {
    const int h = clamp(h0 + kh, p.height);
    unrolled<kKernel>(kernel_width, [&](int kw) {
      const int w = clamp(w0 + kw, p.width);
      const A value = load(xs + size_t(h * p.width + w) * p.channels + c);
      const bool wins = (kh == 0 && kw == 0) || value > best || value != value;
      place = wins ? (h - h0) * kernel_width + w - w0 : place;
      best = wins ? value : best;
    });
  });
  store(ys + c, best);
  argmaxes[c] = uint8_t(place);
}

// kReach: how many windows of one direction cover a pixel, the most there can be, or 0 for any number. Windows are
// counted backwards from the last one that covers the pixel. One that does not exist, or ends before the pixel, is
// looked at all the same, but for a tap that no argmax names: without branches, this is faster than to leave it out.
template <class T, int N, int kReach>
__global__ void max_pool_backward_kernel(const T* __restrict__ dy, const uint8_t* __restrict__ argmax,
                                         T* __restrict__ dx, Pool p, int pixels) {
  using V = Vec<Compute<T>, N>;
  constexpr int kNoTap = -1;
  const int c = column_index() * N, pixel = int(row_index());
  const int w = pixel % p.width, row = pixel / p.width, h = row % p.height, image = row / p.height;
  const int last_oh = (h + p.pad.top) / p.stride, last_ow = (w + p.pad.left) / p.stride;
  const int reach_h = kReach ? kReach : (p.kernel_height - 1) / p.stride + 1;
  const int reach_w = kReach ? kReach : (p.kernel_width - 1) / p.stride + 1;
  const size_t first_output = size_t(image) * p.out_height * p.out_width;
  if (pixel >= pixels) return;
  V sum = V::all(0);
  unrolled<kReach>(reach_h, [&](int i) {
    const int oh = clamp(last_oh - i, p.out_height), kh = h + p.pad.top - oh * p.stride;
    unrolled<kReach>(reach_w, [&](int j) {
      const int ow = clamp(last_ow - j, p.out_width), kw = w + p.pad.left - ow * p.stride;
      const bool covers = (oh == last_oh - i) & (ow == last_ow - j) & (kh < p.kernel_height) & (kw < p.kernel_width);
      const size_t output = (first_output + oh * p.out_width + ow) * p.channels + c;
      const int tap = covers ? kh * p.kernel_width + kw : kNoTap;
      sum += V::where_equal(argmax + output, tap, V::load(dy + output));
    });
  });
  sum.store(dx + size_t(pixel) * p.channels + c);
}

bool is_square(const Pool& p, int side) { return p.kernel_height == side && p.kernel_width == side; }

template <class T>
void max_pool_forward(Stream stream, const T* x, T* y, uint8_t* argmax, const Pool& p) {
  const int outputs = p.batch * p.out_height * p.out_width;
  const Launch l = row_launch(stream, outputs, p.channels);
  if (is_square(p, 3)) {
    launch<max_pool_forward_kernel<T, 3>>(l, x, y, argmax, p, outputs);
  } else if (is_square(p, 2)) {
    launch<max_pool_forward_kernel<T, 2>>(l, x, y, argmax, p, outputs);
  } else {
    launch<max_pool_forward_kernel<T, 0>>(l, x, y, argmax, p, outputs);
  }
}

template <class T, int N, int kReach>
void backward(Stream stream, const T* dy, const uint8_t* argmax, T* dx, const Pool& p) {
  const int pixels = p.batch * p.height * p.width;
  launch<max_pool_backward_kernel<T, N, kReach>>(row_launch(stream, pixels, p.channels / N), dy, argmax, dx, p, pixels);
}

template <class T>
void max_pool_backward(Stream stream, const T* dy, const uint8_t* argmax, T* dx, const Pool& p) {
  if (p.channels % kLanes<T> != 0) {
    backward<T, 1, 0>(stream, dy, argmax, dx, p);
  } else if (is_square(p, 3) && p.stride == 2) {
    backward<T, kLanes<T>, 2>(stream, dy, argmax, dx, p);
  } else {
    backward<T, kLanes<T>, 0>(stream, dy, argmax, dx, p);
  }
}

}  // namespace

template <class T>
void fill_max_pool(Table<T>& table) {
  table.max_pool_forward = max_pool_forward<T>;
  table.max_pool_backward = max_pool_backward<T>;
}
TANDEM_INSTANTIATE(fill_max_pool)

}  // namespace tandem::KERNEL_NAMESPACE
