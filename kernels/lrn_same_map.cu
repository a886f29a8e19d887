// Local response normalisation within a map (cuda-convnet's rnorm layer, used in its CIFAR-10 nets):
//   scale_i = k + alpha * sum over j in window(i) of x_j^2,   y_i = x_i * scale_i^-beta
// where window(i) is the pixels of i's own channel up to n / 2 away in either direction, cut at the image's borders.
// Its gradient:
//   dx_i = dy_i * scale_i^-beta - 2 * alpha * beta * x_i * sum over j in window(i) of dy_j * y_j / scale_j
//
// A thread owns a few channels of one pixel and reads its whole window, from cache, as its neighbours read it too.
// Bytes: forward reads x, writes y and scale; backward reads x, y, scale and dy, writes dx. Each once, but for the
// halos of a block's tile (kernels/tiles.h), which other blocks read too: backward has three, so tiles are large and
// narrow.
#include "kernels/kernel.h"
#include "kernels/lrn_power.h"
#include "kernels/tiles.h"
#include "kernels/window.h"

namespace tandem::KERNEL_NAMESPACE {
namespace {

template <class T, int N, bool kThreeQuarters>
__global__ void lrn_same_map_forward_kernel(const T* __restrict__ x, T* __restrict__ y, T* __restrict__ scale, Lrn p,
                                            Tiles tiles) {
  using A = Compute<T>;
  using V = Vec<A, N>;
  const int c = column_index() * N, reach = p.n / 2;
  const Pixel pixel = tiles.pixel();
  const Range hs = inside(pixel.row - reach, 2 * reach + 1, p.height);
  const Range ws = inside(pixel.column - reach, 2 * reach + 1, p.width);
  const size_t here = (size_t(pixel.image * p.height + pixel.row) * p.width + pixel.column) * p.channels + c;
  if (!tiles.contain(pixel)) return;
  V sum = V::all(0);
  for (int i = hs.begin; i < hs.end; ++i) {
    for (int j = ws.begin; j < ws.end; ++j) {
      const V value = V::load(x + size_t((pixel.image * p.height + i) * p.width + j) * p.channels + c);
      sum += value * value;
    }
  }
  const V s = V::all(A(p.k)) + A(p.alpha) * sum;
  (V::load(x + here) * inverse_power<kThreeQuarters>(s, A(p.beta))).store(y + here);
  s.store(scale + here);
}

template <class T, int N, bool kThreeQuarters>
__global__ void lrn_same_map_backward_kernel(const T* __restrict__ x, const T* __restrict__ y,
                                             const T* __restrict__ scale, const T* __restrict__ dy, T* __restrict__ dx,
                                             Lrn p, Tiles tiles) {
  using A = Compute<T>;
  using V = Vec<A, N>;
  const int c = column_index() * N, reach = p.n / 2;
  const Pixel pixel = tiles.pixel();
  const Range hs = inside(pixel.row - reach, 2 * reach + 1, p.height);
  const Range ws = inside(pixel.column - reach, 2 * reach + 1, p.width);
  const size_t here = (size_t(pixel.image * p.height + pixel.row) * p.width + pixel.column) * p.channels + c;
  if (!tiles.contain(pixel)) return;
  V sum = V::all(0);
  for (int i = hs.begin; i < hs.end; ++i) {
    for (int j = ws.begin; j < ws.end; ++j) {
      const size_t there = size_t((pixel.image * p.height + i) * p.width + j) * p.channels + c;
      sum += V::load(dy + there) * V::load(y + there) / V::load(scale + there);
    }
  }
  const V direct = V::load(dy + here) * inverse_power<kThreeQuarters>(V::load(scale + here), A(p.beta));
  (direct - A(2 * p.alpha * p.beta) * V::load(x + here) * sum).store(dx + here);
}

template <class T, int N>
Tiles tiles_of(const Lrn& p) {
  return Tiles(p.batch, p.height, p.width, p.channels / N, kTileItems<T, N> / 4);
}

template <class T, int N, bool kThreeQuarters>
void forward(Stream stream, const T* x, T* y, T* scale, const Lrn& p) {
  const Tiles tiles = tiles_of<T, N>(p);
  launch<lrn_same_map_forward_kernel<T, N, kThreeQuarters>>(tiles.launch(stream), x, y, scale, p, tiles);
}

template <class T, int N, bool kThreeQuarters>
void backward(Stream stream, const T* x, const T* y, const T* scale, const T* dy, T* dx, const Lrn& p) {
  const Tiles tiles = tiles_of<T, N>(p);
  launch<lrn_same_map_backward_kernel<T, N, kThreeQuarters>>(tiles.launch(stream), x, y, scale, dy, dx, p, tiles);
}

// Whole Vecs and the exponent of 3/4 have kernels of their own; everything else goes element by element.
template <class T>
bool is_usual(const Lrn& p) {
  return p.channels % kLanes<T> == 0 && p.beta == 0.75;
}

template <class T>
void lrn_same_map_forward(Stream stream, const T* x, T* y, T* scale, const Lrn& p) {
  (is_usual<T>(p) ? forward<T, kLanes<T>, true> : forward<T, 1, false>)(stream, x, y, scale, p);
}

template <class T>
void lrn_same_map_backward(Stream stream, const T* x, const T* y, const T* scale, const T* dy, T* dx, const Lrn& p) {
  (is_usual<T>(p) ? backward<T, kLanes<T>, true> : backward<T, 1, false>)(stream, x, y, scale, dy, dx, p);
}

}  // namespace

template <class T>
void fill_lrn_same_map(Table<T>& table) {
  table.lrn_same_map_forward = lrn_same_map_forward<T>;
  table.lrn_same_map_backward = lrn_same_map_backward<T>;
}
TANDEM_INSTANTIATE(fill_lrn_same_map)

}  // namespace tandem::KERNEL_NAMESPACE
