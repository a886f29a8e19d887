// Convolution as a matrix product whose im2col matrix is never made, the last step of a ladder (direct_convolution.cu,
// convolution.cu): implicit GEMM (Chetlur and others 2014, "cuDNN", section 3). The product is that of tile_product.h,
// a block a tile; only what it loads knows of windows.
//   forward: y[row][o] = bias[o] + sum over taps of x[row, tap] w[o][tap], where x[row, tap] is the pixel that lies
//     under the tap (kh, kw, c) of the window at output pixel `row`.
//   backward data: the pixels whose row and column leave the same remainders when divided by the stride see the same
//     taps, every stride-th, so that their gradient is a convolution of dy with stride 1, and with the filter mirrored:
//     dx[pixel][c] = sum over those taps and o of dy[pixel, (tap, o)] w[o][tap][c]. A launch for each such phase.
//   backward weights: dw[o][tap] = sum over rows of dy[row][o] x[row, tap]. The rows are cut into parts, which blocks
//     sum up in order, each into a copy of dw of its own; and then these are added in order.
// blockIdx.x runs over the tiles of the result, 128 rows by 64 columns, those of the same rows next to each other; in
// backward weights over the tiles of each part in turn. blockIdx.y runs over groups.
// Bytes: no matrix is written or read. A block reads the pixels under its windows once; so the pixels are read once a
// tile of columns, and the filters once a tile of rows, by blocks that run at about the same time: a second-level cache
// makes up for that. The weights' parts are written and read once, at most 16 MiB of them.
#include "kernels/implicit_columns.h"
#include "kernels/kernel.h"
#include "kernels/tile_product.h"

namespace tandem::KERNEL_NAMESPACE {
namespace {

// --- what the products load besides columns (implicit_columns.h), each from its group's first channel or output on

// w[o][tap]: n = o, k = tap
template <class T, int N>
struct Filters {
  static constexpr bool kAlongK = true;
  using Place = const T*;
  const T* w;
  int outputs, taps;
  __device__ Place place(int o) const { return o < outputs ? w + size_t(o) * taps : nullptr; }
  __device__ Vec<Compute<T>, N> load(Place filter, int k) const {
    return filter && k < taps ? Vec<Compute<T>, N>::load(filter + k) : Vec<Compute<T>, N>::all(0);
  }
};

// w[o][kh][kw][c]: k = (tap of the phase, o), n = c
template <class T, int N>
struct FiltersByChannel {
  static constexpr bool kAlongK = false;
  using Place = int;
  const T* w;
  const Windows& windows;
  int kernel, stride, run;
  Phase phase;
  __device__ Place place(int n) const { return n; }
  __device__ Vec<Compute<T>, N> load(Place c, int k) const {
    const int tap = windows.by_run.quotient(k), o = windows.by_run.remainder(k);
    const int kh = phase.kh + windows.by_taps_across.quotient(tap) * stride;
    const int kw = phase.kw + windows.by_taps_across.remainder(tap) * stride;
    const bool there = c < run && k < windows.taps;
    return there ? Vec<Compute<T>, N>::load(w + (size_t(o) * kernel * kernel + kh * kernel + kw) * run + c)
                 : Vec<Compute<T>, N>::all(0);
  }
};

// dy[row][o]: m = o, k = row
template <class T, int N>
struct Gradients {
  static constexpr bool kAlongK = false;
  using Place = int;
  const T* dy;
  int rows, outputs, stride;
  __device__ Place place(int o) const { return o; }
  __device__ Vec<Compute<T>, N> load(Place o, int k) const {
    return o < outputs && k < rows ? Vec<Compute<T>, N>::load(dy + size_t(k) * stride + o) : Vec<Compute<T>, N>::all(0);
  }
};

// Where the block's tile begins in a product of rows x columns, and the part of the sums that it is about.
struct TileOfBlock {
  int m, n, part;
  __device__ TileOfBlock(int rows, int columns) {
    const int across = ceil_div(columns, kTileN), down = ceil_div(rows, kTileM), block = blockIdx.x;
    m = block / across % down * kTileM;
    n = block % across * kTileN;
    part = block / across / down;
  }
};

// --- the kernels: N is 4 where all channels come in fours, else 1

template <class T, int N>
__global__ void __launch_bounds__(kProductThreads)
    implicit_forward_kernel(const T* __restrict__ x, const T* __restrict__ w, const Compute<T>* __restrict__ bias,
                            T* __restrict__ y, Convolution p, Windows windows) {
  using V = Vec<Compute<T>, kQuad>;
  const int run = p.channels / p.groups, outputs = p.out_channels / p.groups, first = blockIdx.y * outputs;
  const PixelsByWindow<T, N> pixels{x + blockIdx.y * run, windows};
  const Filters<T, N> filters{w + size_t(first) * windows.taps, outputs, windows.taps};
  const TileOfBlock tile(windows.count, outputs);
  tile_product<Compute<T>, N>(pixels, filters, tile.m, tile.n, 0, windows.taps, [&](int row, int o, V sum) {
    if (row >= windows.count) return;
    if (bias) sum += load_quad<N>(bias + first + o, outputs - o);
    store_quad<N>(y + size_t(row) * p.out_channels + first + o, sum, outputs - o);
  });
}

template <class T, int N>
__global__ void __launch_bounds__(kProductThreads)
    implicit_backward_data_kernel(const T* __restrict__ dy, const T* __restrict__ w, T* __restrict__ dx, Convolution p,
                                  Windows windows, Phase phase) {
  using V = Vec<Compute<T>, kQuad>;
  const int run = p.channels / p.groups, outputs = p.out_channels / p.groups, first = blockIdx.y * outputs;
  const PixelsByWindow<T, N> gradients{dy + first, windows};
  const FiltersByChannel<T, N> filters{
      w + size_t(first) * p.kernel * p.kernel * run, windows, p.kernel, p.stride, run, phase};
  const TileOfBlock tile(windows.count, run);
  tile_product<Compute<T>, N>(gradients, filters, tile.m, tile.n, 0, windows.taps, [&](int i, int c, V sum) {
    if (i >= windows.count) return;
    const int row_of_all = windows.by_columns.quotient(i);
    const int image = windows.by_rows.quotient(row_of_all);
    const int h = windows.by_rows.remainder(row_of_all) * p.stride + phase.h;
    const int column = windows.by_columns.remainder(i) * p.stride + phase.w;
    const size_t pixel = (size_t(image) * p.height + h) * p.width + column;
    store_quad<N>(dx + pixel * p.channels + blockIdx.y * run + c, sum, run - c);
  });
}

template <class T, int N>
__global__ void __launch_bounds__(kProductThreads)
    implicit_backward_weights_kernel(const T* __restrict__ x, const T* __restrict__ dy,
                                     Compute<T>* __restrict__ partial, Convolution p, Windows windows, int part_rows) {
  using V = Vec<Compute<T>, kQuad>;
  const int run = p.channels / p.groups, outputs = p.out_channels / p.groups, first = blockIdx.y * outputs;
  const TileOfBlock tile(outputs, windows.taps);
  const int begin = tile.part * part_rows, end = min(begin + part_rows, windows.count);
  const Gradients<T, N> gradients{dy + first, windows.count, outputs, p.out_channels};
  const PixelsByTap<T, N> pixels{x + blockIdx.y * run, windows};
  Compute<T>* const sums = partial + (size_t(tile.part) * p.out_channels + first) * windows.taps;
  tile_product<Compute<T>, N>(gradients, pixels, tile.m, tile.n, begin, end, [&](int o, int tap, V sum) {
    if (o >= outputs) return;
    store_quad<N>(sums + size_t(o) * windows.taps + tap, sum, windows.taps - tap);
  });
}

// dw from the parts' sums. A thread owns N of its elements.
template <class A, int N>
__global__ void add_parts_kernel(const A* __restrict__ partial, A* __restrict__ dw, int weights, int parts,
                                 bool accumulate) {
  using V = Vec<A, N>;
  const int i = int(blockIdx.x * blockDim.x + threadIdx.x) * N;
  if (i >= weights) return;
  V sum = accumulate ? V::load(dw + i) : V::all(0);
  for (int part = 0; part < parts; ++part) sum += V::load(partial + size_t(part) * weights + i);
  sum.store(dw + i);
}

// --- launchers

Launch product_launch(Stream stream, int rows, int columns, int parts, int groups) {
  const int tiles = ceil_div(rows, kTileM) * ceil_div(columns, kTileN);
  return {dim3(tiles * parts, groups), dim3(kProductX, kProductY), 0, stream};
}

template <class T, int N>
void forward(Stream stream, const T* x, const T* w, const Compute<T>* bias, T* y, const Convolution& p) {
  const Windows windows = windows_over_input(p);
  launch<implicit_forward_kernel<T, N>>(product_launch(stream, windows.count, p.group_outputs(), 1, p.groups), x, w,
                                        bias, y, p, windows);
}

template <class T, int N>
void backward_data(Stream stream, const T* dy, const T* w, T* dx, const Convolution& p) {
  for (int h = 0; h < min(p.stride, p.height); ++h) {
    for (int column = 0; column < min(p.stride, p.width); ++column) {
      const Phase phase{h, column, (h + p.pad.top) % p.stride, (column + p.pad.left) % p.stride};
      const Windows windows = windows_over_gradient(p, phase);
      launch<implicit_backward_data_kernel<T, N>>(
          product_launch(stream, windows.count, p.group_channels(), 1, p.groups), dy, w, dx, p, windows, phase);
    }
  }
}

template <class T, int N>
void backward_weights(Stream stream, const T* x, const T* dy, Compute<T>* partial, Compute<T>* dw, const Convolution& p,
                      bool accumulate) {
  constexpr int kThreads = 256;
  const Windows windows = windows_over_input(p);
  const int parts = implicit_parts(p), part_rows = ceil_div(ceil_div(windows.count, parts), kSliceK) * kSliceK;
  const int weights = p.out_channels * windows.taps;
  launch<implicit_backward_weights_kernel<T, N>>(
      product_launch(stream, p.group_outputs(), windows.taps, parts, p.groups), x, dy, partial, p, windows, part_rows);
  launch<add_parts_kernel<Compute<T>, N>>(Launch{grid1d(weights / N, kThreads), kThreads, 0, stream}, partial, dw,
                                          weights, parts, accumulate);
}

bool in_quads(const Convolution& p) { return p.group_channels() % kQuad == 0 && p.group_outputs() % kQuad == 0; }

template <class T>
void implicit_forward(Stream stream, const T* x, const T* w, const Compute<T>* bias, T* y, const Convolution& p) {
  (in_quads(p) ? forward<T, kQuad> : forward<T, 1>)(stream, x, w, bias, y, p);
}

template <class T>
void implicit_backward_data(Stream stream, const T* dy, const T* w, T* dx, const Convolution& p) {
  (in_quads(p) ? backward_data<T, kQuad> : backward_data<T, 1>)(stream, dy, w, dx, p);
}

template <class T>
void implicit_backward_weights(Stream stream, const T* x, const T* dy, Compute<T>* partial, Compute<T>* dw,
                               const Convolution& p, bool accumulate) {
  (in_quads(p) ? backward_weights<T, kQuad> : backward_weights<T, 1>)(stream, x, dy, partial, dw, p, accumulate);
}

}  // namespace

template <class T>
void fill_implicit_convolution(Table<T>& table) {
  table.implicit_forward = implicit_forward<T>;
  table.implicit_backward_data = implicit_backward_data<T>;
  table.implicit_backward_weights = implicit_backward_weights<T>;
}
TANDEM_INSTANTIATE(fill_implicit_convolution)

}  // namespace tandem::KERNEL_NAMESPACE
