// Mean over a window of pixels, channel by channel. Padding counts as zeros: with count_padding it also counts in the
// divisor, which is then the window's whole area; without, the divisor is the number of real pixels in the window.
//
// A thread owns a few channels of one output (forward) or of one input pixel (backward, which gathers from the windows
// that cover the pixel, in a fixed order and without atomics).
// Bytes: forward reads x and writes y, backward reads dy and writes dx, each once, but for the halos of a block's tile
// (kernels/tiles.h), which other blocks read too. Where a pixel's channels are not whole sectors (LeNet has 6), it
// shares them with its neighbours, of which a request leaves out every other one when the stride is 2, and other blocks
// own some.
#include "kernels/kernel.h"
#include "kernels/tiles.h"
#include "kernels/window.h"

namespace tandem::KERNEL_NAMESPACE {
namespace {

__device__ int divisor(const Pool& p, Range hs, Range ws) {
  return p.count_padding ? p.kernel_height * p.kernel_width : hs.size() * ws.size();
}

template <class T, int N>
__global__ void average_pool_forward_kernel(const T* __restrict__ x, T* __restrict__ y, Pool p, Tiles tiles) {
  using V = Vec<Compute<T>, N>;
  const int c = column_index() * N;
  const Pixel out = tiles.pixel();
  const Range hs = inside(out.row * p.stride - p.pad.top, p.kernel_height, p.height);
  const Range ws = inside(out.column * p.stride - p.pad.left, p.kernel_width, p.width);
  const size_t output = size_t(out.image * p.out_height + out.row) * p.out_width + out.column;
  if (!tiles.contain(out)) return;
  V sum = V::all(0);
  for (int h = hs.begin; h < hs.end; ++h) {
    for (int w = ws.begin; w < ws.end; ++w) {
      sum += V::load(x + size_t((out.image * p.height + h) * p.width + w) * p.channels + c);
    }
  }
  (sum / V::all(divisor(p, hs, ws))).store(y + output * p.channels + c);
}

template <class T, int N>
__global__ void average_pool_backward_kernel(const T* __restrict__ dy, T* __restrict__ dx, Pool p, Tiles tiles) {
  using V = Vec<Compute<T>, N>;
  const int c = column_index() * N;
  const Pixel in = tiles.pixel();
  const Range ohs = covering(in.row + p.pad.top, p.kernel_height, p.stride, p.out_height);
  const Range ows = covering(in.column + p.pad.left, p.kernel_width, p.stride, p.out_width);
  const size_t pixel = size_t(in.image * p.height + in.row) * p.width + in.column;
  if (!tiles.contain(in)) return;
  V sum = V::all(0);
  for (int oh = ohs.begin; oh < ohs.end; ++oh) {
    const Range hs = inside(oh * p.stride - p.pad.top, p.kernel_height, p.height);
    for (int ow = ows.begin; ow < ows.end; ++ow) {
      const Range ws = inside(ow * p.stride - p.pad.left, p.kernel_width, p.width);
      const V gradient = V::load(dy + size_t((in.image * p.out_height + oh) * p.out_width + ow) * p.channels + c);
      sum += gradient / V::all(divisor(p, hs, ws));
    }
  }
  sum.store(dx + pixel * p.channels + c);
}

template <class T, int N>
void forward(Stream stream, const T* x, T* y, const Pool& p) {
  const Tiles tiles(p.batch, p.out_height, p.out_width, p.channels / N, kTileItems<T, N>);
  launch<average_pool_forward_kernel<T, N>>(tiles.launch(stream), x, y, p, tiles);
}

template <class T, int N>
void backward(Stream stream, const T* dy, T* dx, const Pool& p) {
  const Tiles tiles(p.batch, p.height, p.width, p.channels / N, kTileItems<T, N>);
  launch<average_pool_backward_kernel<T, N>>(tiles.launch(stream), dy, dx, p, tiles);
}

template <class T>
void average_pool_forward(Stream stream, const T* x, T* y, const Pool& p) {
  (p.channels % kLanes<T> == 0 ? forward<T, kLanes<T>> : forward<T, 1>)(stream, x, y, p);
}

template <class T>
void average_pool_backward(Stream stream, const T* dy, T* dx, const Pool& p) {
  (p.channels % kLanes<T> == 0 ? backward<T, kLanes<T>> : backward<T, 1>)(stream, dy, dx, p);
}

}  // namespace

template <class T>
void fill_average_pool(Table<T>& table) {
  table.average_pool_forward = average_pool_forward<T>;
  table.average_pool_backward = average_pool_backward<T>;
}
TANDEM_INSTANTIATE(fill_average_pool)

}  // namespace tandem::KERNEL_NAMESPACE
