// Maximum over a window of pixels, channel by channel (section 3.4 of the 2012 paper, where windows overlap: 3 x 3
// every 2), and where it was: argmax = kh * kernel_width + kw of the first maximum in row-major order. Padding never
// wins. A value that is not a number wins over every number, so that a net that has diverged does not look well.
//
// Forward: a thread owns a Vec of channels of one output. A tap that falls outside the image is moved to the nearest
// pixel inside, which belongs to the same window and so changes neither the maximum nor its place: all taps are then
// alike. Places are kept as numbers of the type computed in, so that one comparison selects both.
// Backward: gathers, without atomics. A thread owns a Vec of channels of a square of kStride x kStride pixels (any
// window: of one pixel), whose windows are the same, and adds up the gradients of those whose argmax is there.
// Bytes: forward reads x, writes y and argmax; backward reads dy and argmax, writes dx. Each once, but for the halos of
// a block's tile (kernels/tiles.h), which other blocks read too.
#include "kernels/kernel.h"
#include "kernels/tiles.h"
#include "kernels/unrolled.h"

namespace tandem::KERNEL_NAMESPACE {
namespace {

__device__ int clamp(int i, int size) { return min(max(i, 0), size - 1); }

// body(a, b) for every pixel of a square.
template <int kSide, class Body>
__device__ __forceinline__ void each_pixel(Body&& body) {
  unrolled<kSide>(kSide, [&](int a) { unrolled<kSide>(kSide, [&](int b) { body(a, b); }); });
}

// Makes (best, place) the maximum of themselves and (value, value_place), which come later in row-major order.
template <class V>
__device__ __forceinline__ void take(V& best, V& place, V value, V value_place) {
  place = where_ahead(value, best, value_place, place);
  best = where_ahead(value, best, value, best);
}

// kKernel: the side of a square window, or 0 for any window.
template <class T, int N, int kKernel>
__global__ void max_pool_forward_kernel(const T* __restrict__ x, T* __restrict__ y, uint8_t* __restrict__ argmax,
                                        Pool p, Tiles tiles) {
  using A = Compute<T>;
  using V = Vec<A, N>;
  constexpr int kOthers = kKernel ? kKernel - 1 : 0;  // the rows of a window beside the first, and the taps of a row
  const int c = column_index() * N;
  const Pixel out = tiles.pixel();
  const int kernel_height = kKernel ? kKernel : p.kernel_height, kernel_width = kKernel ? kKernel : p.kernel_width;
  const int h0 = out.row * p.stride - p.pad.top, w0 = out.column * p.stride - p.pad.left;
  const T* image = x + size_t(out.image) * p.height * p.width * p.channels;
  const size_t output = (size_t(out.image * p.out_height + out.row) * p.out_width + out.column) * p.channels;
  T* ys = y + output;
  uint8_t* argmaxes = argmax + output;
  if (!tiles.contain(out)) return;
  if constexpr (N == 1) {  // one comparison after the other, and the place an int: so g++ vectorises the loop over x
    A best = 0;
    int place = -1;
    unrolled<kKernel>(kernel_height, [&](int kh) {
      const int h = clamp(h0 + kh, p.height);
      unrolled<kKernel>(kernel_width, [&](int kw) {
        const int w = clamp(w0 + kw, p.width);
        const A value = load(image + size_t(h * p.width + w) * p.channels + c);
        const bool wins = (kh == 0 && kw == 0) || value > best || value != value;
        place = wins ? (h - h0) * kernel_width + w - w0 : place;
        best = wins ? value : best;
      });
    });
    store(ys + c, best);
    argmaxes[c] = uint8_t(place);
    return;
  }
  const auto tap = [&](int kh, int kw, V& value, V& value_place) {
    const int h = clamp(h0 + kh, p.height), w = clamp(w0 + kw, p.width);
    const T* row = image + size_t(h) * p.width * p.channels;
    value = V::load(row + w * p.channels + c);
    value_place = V::all(A((h - h0) * kernel_width + w - w0));
  };
  const auto take_rest_of_row = [&](int kh, V& best, V& place) {
    unrolled<kOthers>(kernel_width - 1, [&](int i) {
      V value, value_place;
      tap(kh, 1 + i, value, value_place);
      take(best, place, value, value_place);
    });
  };
  V best, place;
  tap(0, 0, best, place);
  take_rest_of_row(0, best, place);
  unrolled<kOthers>(kernel_height - 1, [&](int i) {
    V value, value_place;
    tap(1 + i, 0, value, value_place);
    take_rest_of_row(1 + i, value, value_place);  // rows on their own: three chains of comparisons run side by side
    take(best, place, value, value_place);
  });
  best.store(ys + c);
  place.store_bytes(argmaxes + c);
}

// kKernel and kStride: of a square window, or 0 for any window. Positions count from the padding's first row and
// column: a square begins at a multiple of kStride, so the windows that cover it are known, and so is the tap with
// which each of them reads each of its pixels. Windows are counted backwards from the last one that covers the pixel.
// One that does not exist is looked at all the same, but for a tap that no argmax names: without branches, this is
// faster than to leave it out.
template <class T, int N, int kKernel, int kStride>
__global__ void max_pool_backward_kernel(const T* __restrict__ dy, const uint8_t* __restrict__ argmax,
                                         T* __restrict__ dx, Pool p, Tiles tiles) {
  using V = Vec<Compute<T>, N>;
  constexpr int kNoTap = -1, kSide = kStride ? kStride : 1, kReach = kStride ? (kKernel - 1) / kStride + 1 : 0;
  const int kernel_height = kKernel ? kKernel : p.kernel_height, kernel_width = kKernel ? kKernel : p.kernel_width;
  const int stride = kStride ? kStride : p.stride;
  const int c = column_index() * N;
  const Pixel square = tiles.pixel();
  const int hp = (p.pad.top / kSide + square.row) * kSide, wp = (p.pad.left / kSide + square.column) * kSide;
  const int last_oh = hp / stride, last_ow = wp / stride;
  const int first_kh = kStride ? 0 : hp - last_oh * stride, first_kw = kStride ? 0 : wp - last_ow * stride;
  const int reach_h = kReach ? kReach : (kernel_height - 1) / stride + 1;
  const int reach_w = kReach ? kReach : (kernel_width - 1) / stride + 1;
  const size_t first_output = size_t(square.image) * p.out_height * p.out_width;
  if (!tiles.contain(square)) return;
  V sum[kSide][kSide];
  each_pixel<kSide>([&](int a, int b) { sum[a][b] = V::all(0); });
  unrolled<kReach>(reach_h, [&](int i) {
    const int oh = clamp(last_oh - i, p.out_height);
    unrolled<kReach>(reach_w, [&](int j) {
      const int ow = clamp(last_ow - j, p.out_width);
      const bool exists = (oh == last_oh - i) & (ow == last_ow - j);
      const size_t output = (first_output + oh * p.out_width + ow) * p.channels + c;
      const V gradient = V::load(dy + output);
      each_pixel<kSide>([&](int a, int b) {
        const int kh = first_kh + i * stride + a, kw = first_kw + j * stride + b;
        const bool reads = (kh < kernel_height) & (kw < kernel_width);
        if (kStride && !reads) return;  // known when compiled
        const int tap = (exists & reads) ? kh * kernel_width + kw : kNoTap;
        sum[a][b] += V::where_equal(argmax + output, tap, gradient);
      });
    });
  });
  each_pixel<kSide>([&](int a, int b) {
    const int h = hp - p.pad.top + a, w = wp - p.pad.left + b;
    const bool inside = (h >= 0) & (h < p.height) & (w >= 0) & (w < p.width);
    const size_t pixel = size_t(square.image * p.height + h) * p.width + w;
    if (inside) sum[a][b].store(dx + pixel * p.channels + c);
  });
}

bool is_square(const Pool& p, int side) { return p.kernel_height == side && p.kernel_width == side; }

template <class T, int N, int kKernel>
void forward_by(Stream stream, const T* x, T* y, uint8_t* argmax, const Pool& p) {
  const Tiles tiles(p.batch, p.out_height, p.out_width, p.channels / N, kTileItems<T, N>);
  launch<max_pool_forward_kernel<T, N, kKernel>>(tiles.launch(stream), x, y, argmax, p, tiles);
}

template <class T, int N>
void forward(Stream stream, const T* x, T* y, uint8_t* argmax, const Pool& p) {
  const auto variant = is_square(p, 3)   ? forward_by<T, N, 3>
                       : is_square(p, 2) ? forward_by<T, N, 2>
                                         : forward_by<T, N, 0>;
  variant(stream, x, y, argmax, p);
}

// Many channels are better left to the host's vectoriser, which takes four Vecs at once.
template <class T>
bool forward_in_vecs(int channels) {
#if defined(__CUDACC__)
  return channels % kLanes<T> == 0;
#else
  return channels % kLanes<T> == 0 && channels <= kRegisterBytes;
#endif
}

template <class T>
void max_pool_forward(Stream stream, const T* x, T* y, uint8_t* argmax, const Pool& p) {
  (forward_in_vecs<T>(p.channels) ? forward<T, kLanes<T>> : forward<T, 1>)(stream, x, y, argmax, p);
}

template <class T, int N, int kKernel, int kStride>
void backward_by(Stream stream, const T* dy, const uint8_t* argmax, T* dx, const Pool& p) {
  constexpr int kSide = kStride ? kStride : 1;
  const int down = (p.pad.top + p.height - 1) / kSide - p.pad.top / kSide + 1;
  const int across = (p.pad.left + p.width - 1) / kSide - p.pad.left / kSide + 1;
  const Tiles tiles(p.batch, down, across, p.channels / N, kTileItems<T, N>);
  launch<max_pool_backward_kernel<T, N, kKernel, kStride>>(tiles.launch(stream), dy, argmax, dx, p, tiles);
}

template <class T>
void max_pool_backward(Stream stream, const T* dy, const uint8_t* argmax, T* dx, const Pool& p) {
  constexpr int kN = kLanes<T>;
  const auto variant = p.channels % kN != 0               ? backward_by<T, 1, 0, 0>
                       : is_square(p, 3) && p.stride == 2 ? backward_by<T, kN, 3, 2>
                       : is_square(p, 2) && p.stride == 2 ? backward_by<T, kN, 2, 2>
                                                          : backward_by<T, kN, 0, 0>;
  variant(stream, dy, argmax, dx, p);
}

}  // namespace

template <class T>
void fill_max_pool(Table<T>& table) {
  table.max_pool_forward = max_pool_forward<T>;
  table.max_pool_backward = max_pool_backward<T>;
}
TANDEM_INSTANTIATE(fill_max_pool)

}  // namespace tandem::KERNEL_NAMESPACE
