// A locally connected layer: a convolution whose filters and biases belong to one output position each (cuda-convnet's
// "local" layer, unshared). With taps t = (kh, kw, c) of position q = (oh, ow) and x_t the input pixel under a tap:
//   y[n][q][o] = bias[q][o] + sum over t of w[q][o][t] * x_t[n]
//   dx[n][h][w][c] = sum over the taps t of all q that lie on (h, w), over o, of dy[n][q][o] * w[q][o][t]
//   dw[q][o][t] = sum over n of dy[n][q][o] * x_t[n],   dbias[q][o] = sum over n of dy[n][q][o]
// A filter is used once an image only, so what is worth keeping in registers is the batch: every kernel works on a tile
// of images or outputs for which it loads the shared operand once, in Vecs along the channels, which lie side by side
// in x, w, dx and dw alike. All sums have one fixed order.
//   forward: a thread owns a tile of 4 images x 4 outputs of one position (its Vecs run along the sum, and are added up
//            at the end); backward data: 8 images x a Vec of channels of one pixel; backward weights: 8 outputs x a Vec
//            of channels of one tap.
// Bytes: w (or dw) once, the fewest possible, if the images of one position (or pixel) find it in cache. Sectors a
// request: forward's threads walk along filters that lie far apart, so each reads half a sector, and the other half
// from cache a step later; backward's read single gradients, the same for a whole row of threads.
#include "kernels/kernel.h"
#include "kernels/window.h"

namespace tandem::KERNEL_NAMESPACE {
namespace {

constexpr int kTile = 4, kLongTile = 8;
constexpr int kMostThreads = 256;

// N lanes to a sum, in order.
template <class A, int N>
__device__ A sum_of(Vec<A, N> v) {
  A sum = v[0];
  UNROLL
  for (int i = 1; i < N; ++i) sum += v[i];
  return sum;
}

// blockIdx.x is the position, x runs over tiles of outputs, y over tiles of images. A tile that hangs over the end
// repeats the last image or output, and does not store it.
template <class T, int N>
__global__ void local_forward_kernel(const T* __restrict__ x, const T* __restrict__ w,
                                     const Compute<T>* __restrict__ bias, T* __restrict__ y, Local p) {
  using A = Compute<T>;
  using V = Vec<A, N>;
  const int position = blockIdx.x, positions = p.out_height * p.out_width;
  const int output = int(blockIdx.y * blockDim.x + threadIdx.x) * kTile;
  const int image = int(blockIdx.z * blockDim.y + threadIdx.y) * kTile;
  const int h0 = position / p.out_width * p.stride - p.pad.top, w0 = position % p.out_width * p.stride - p.pad.left;
  const Range hs = inside(h0, p.kernel, p.height), ws = inside(w0, p.kernel, p.width);
  if (output >= p.out_channels || image >= p.batch) return;

  const V zero = V::all(0);
  V sum[kTile][kTile] = {
      {zero, zero, zero, zero}, {zero, zero, zero, zero}, {zero, zero, zero, zero}, {zero, zero, zero, zero}};
  const size_t image_size = size_t(p.height) * p.width * p.channels;
  const size_t filter_size = size_t(p.kernel) * p.kernel * p.channels;
  for (int h = hs.begin; h < hs.end; ++h) {  // the taps (kw, c) of one kh are a run, in x and in w
    const T *xs[kTile], *filters[kTile];
    UNROLL
    for (int i = 0; i < kTile; ++i) {
      const int n = min(image + i, p.batch - 1), o = min(output + i, p.out_channels - 1);
      xs[i] = x + n * image_size + (size_t(h) * p.width + ws.begin) * p.channels;
      filters[i] = w + (size_t(position) * p.out_channels + o) * filter_size +
                   ((h - h0) * p.kernel + ws.begin - w0) * p.channels;
    }
    const int run = ws.size() * p.channels;
    for (int t = 0; t < run; t += N) {
      const V value[kTile] = {V::load(xs[0] + t), V::load(xs[1] + t), V::load(xs[2] + t), V::load(xs[3] + t)};
      UNROLL
      for (int o = 0; o < kTile; ++o) {
        const V weight = V::load(filters[o] + t);
        UNROLL
        for (int i = 0; i < kTile; ++i) sum[i][o] += value[i] * weight;
      }
    }
  }
  UNROLL
  for (int i = 0; i < kTile; ++i) {
    UNROLL
    for (int o = 0; o < kTile; ++o) {
      if (image + i >= p.batch || output + o >= p.out_channels) continue;
      const size_t position_output = size_t(position) * p.out_channels + output + o;
      const A b = load(bias + position_output);
      store(y + size_t(image + i) * positions * p.out_channels + position_output, sum_of(sum[i][o]) + b);
    }
  }
}

// blockIdx.x is the pixel, x runs over its channels, y over tiles of images.
template <class T, int N>
__global__ void local_backward_data_kernel(const T* __restrict__ dy, const T* __restrict__ w, T* __restrict__ dx,
                                           Local p) {
  using V = Vec<Compute<T>, N>;
  const int pixel = blockIdx.x, c = int(blockIdx.y * blockDim.x + threadIdx.x) * N;
  const int image = int(blockIdx.z * blockDim.y + threadIdx.y) * kLongTile;
  const int h = pixel / p.width + p.pad.top, width = pixel % p.width + p.pad.left;
  const Range ohs = covering(h, p.kernel, p.stride, p.out_height);
  const Range ows = covering(width, p.kernel, p.stride, p.out_width);
  if (c >= p.channels || image >= p.batch) return;

  const V zero = V::all(0);
  V sum[kLongTile] = {zero, zero, zero, zero, zero, zero, zero, zero};
  const size_t dy_image_size = size_t(p.out_height) * p.out_width * p.out_channels;
  const size_t filter_size = size_t(p.kernel) * p.kernel * p.channels;
  for (int oh = ohs.begin; oh < ohs.end; ++oh) {
    for (int ow = ows.begin; ow < ows.end; ++ow) {
      const int position = oh * p.out_width + ow;
      const int tap = (h - oh * p.stride) * p.kernel + width - ow * p.stride;
      const T* filter = w + size_t(position) * p.out_channels * filter_size + tap * p.channels + c;
      const T* gradients[kLongTile];
      UNROLL
      for (int i = 0; i < kLongTile; ++i) {
        gradients[i] = dy + min(image + i, p.batch - 1) * dy_image_size + size_t(position) * p.out_channels;
      }
      for (int o = 0; o < p.out_channels; ++o) {
        const V weight = V::load(filter + o * filter_size);
        UNROLL
        for (int i = 0; i < kLongTile; ++i) sum[i] += load(gradients[i] + o) * weight;
      }
    }
  }
  UNROLL
  for (int i = 0; i < kLongTile; ++i) {
    if (image + i >= p.batch) continue;
    sum[i].store(dx + (size_t(image + i) * p.height * p.width + pixel) * p.channels + c);
  }
}

// blockIdx.x is the position, blockIdx.z the filter's pixel (kh, kw), x runs over channels, y over tiles of outputs.
template <class T, int N>
__global__ void local_backward_weights_kernel(const T* __restrict__ x, const T* __restrict__ dy,
                                              Compute<T>* __restrict__ dw, Local p, bool accumulate,
                                              int output_blocks) {
  using V = Vec<Compute<T>, N>;
  const int position = blockIdx.x / output_blocks, tap = blockIdx.z;
  const int c = int(blockIdx.y * blockDim.x + threadIdx.x) * N;
  const int output = int(blockIdx.x % output_blocks * blockDim.y + threadIdx.y) * kLongTile;
  const int h = position / p.out_width * p.stride - p.pad.top + tap / p.kernel;
  const int width = position % p.out_width * p.stride - p.pad.left + tap % p.kernel;
  const bool real = h >= 0 && h < p.height && width >= 0 && width < p.width;
  if (c >= p.channels || output >= p.out_channels) return;

  const V zero = V::all(0);
  V sum[kLongTile] = {zero, zero, zero, zero, zero, zero, zero, zero};
  const size_t image_size = size_t(p.height) * p.width * p.channels;
  const size_t dy_image_size = size_t(p.out_height) * p.out_width * p.out_channels;
  const int last = p.out_channels - 1 - output;
  if (real) {
    const T* value = x + (size_t(h) * p.width + width) * p.channels + c;
    const T* gradients = dy + size_t(position) * p.out_channels + output;
    for (int n = 0; n < p.batch; ++n, value += image_size, gradients += dy_image_size) {
      const V v = V::load(value);
      UNROLL
      for (int o = 0; o < kLongTile; ++o) sum[o] += load(gradients + min(o, last)) * v;
    }
  }
  const size_t filter_size = size_t(p.kernel) * p.kernel * p.channels;
  Compute<T>* filter = dw + (size_t(position) * p.out_channels + output) * filter_size + tap * p.channels + c;
  UNROLL
  for (int o = 0; o < kLongTile; ++o) {
    if (o > last) continue;
    Compute<T>* out = filter + o * filter_size;
    (accumulate ? V::load(out) + sum[o] : sum[o]).store(out);
  }
}

// A thread owns one bias, or a Vec of them.
template <class T, int N>
__global__ void local_backward_bias_kernel(const T* __restrict__ dy, Compute<T>* __restrict__ dbias, int batch,
                                           int biases, bool accumulate) {
  using V = Vec<Compute<T>, N>;
  const int i = int(blockIdx.x * blockDim.x + threadIdx.x) * N;
  if (i >= biases) return;
  V sum = V::all(0);
  for (int n = 0; n < batch; ++n) sum += V::load(dy + size_t(n) * biases + i);
  (accumulate ? V::load(dbias + i) + sum : sum).store(dbias + i);
}

// A block of x times y threads for `across` and `down` things to do, and how many blocks each way they take.
struct Blocks {
  dim3 block;
  int across, down;
};
Blocks blocks_for(int across, int down) {
  const int x = min(across, kMostThreads), y = min(down, kMostThreads / x);
  return {dim3(x, y), ceil_div(across, x), ceil_div(down, y)};
}

template <class T, int N>
void forward(Stream stream, const T* x, const T* w, const Compute<T>* bias, T* y, const Local& p) {
  const Blocks b = blocks_for(ceil_div(p.out_channels, kTile), ceil_div(p.batch, kTile));
  const dim3 grid(p.out_height * p.out_width, b.across, b.down);
  launch<local_forward_kernel<T, N>>(Launch{grid, b.block, 0, stream}, x, w, bias, y, p);
}

template <class T, int N>
void backward_data(Stream stream, const T* dy, const T* w, T* dx, const Local& p) {
  const Blocks b = blocks_for(p.channels / N, ceil_div(p.batch, kLongTile));
  const dim3 grid(p.height * p.width, b.across, b.down);
  launch<local_backward_data_kernel<T, N>>(Launch{grid, b.block, 0, stream}, dy, w, dx, p);
}

template <class T, int N>
void backward_weights(Stream stream, const T* x, const T* dy, Compute<T>* dw, const Local& p, bool accumulate) {
  const Blocks b = blocks_for(p.channels / N, ceil_div(p.out_channels, kLongTile));
  const dim3 grid(p.out_height * p.out_width * b.down, b.across, p.kernel * p.kernel);
  launch<local_backward_weights_kernel<T, N>>(Launch{grid, b.block, 0, stream}, x, dy, dw, p, accumulate, b.down);
}

template <class T, int N>
void backward_bias(Stream stream, const T* dy, Compute<T>* dbias, const Local& p, bool accumulate) {
  const int biases = p.out_height * p.out_width * p.out_channels;
  launch<local_backward_bias_kernel<T, N>>(Launch{grid1d(biases / N, kMostThreads), kMostThreads, 0, stream}, dy, dbias,
                                           p.batch, biases, accumulate);
}

template <class T>
void local_forward(Stream stream, const T* x, const T* w, const Compute<T>* bias, T* y, const Local& p) {
  (p.channels % kLanes<T> == 0 ? forward<T, kLanes<T>> : forward<T, 1>)(stream, x, w, bias, y, p);
}

template <class T>
void local_backward_data(Stream stream, const T* dy, const T* w, T* dx, const Local& p) {
  (p.channels % kLanes<T> == 0 ? backward_data<T, kLanes<T>> : backward_data<T, 1>)(stream, dy, w, dx, p);
}

template <class T>
void local_backward_weights(Stream stream, const T* x, const T* dy, Compute<T>* dw, Compute<T>* dbias, const Local& p,
                            bool accumulate) {
  (p.channels % kLanes<T> == 0 ? backward_weights<T, kLanes<T>> : backward_weights<T, 1>)(stream, x, dy, dw, p,
                                                                                          accumulate);
  (p.out_channels % kLanes<T> == 0 ? backward_bias<T, kLanes<T>> : backward_bias<T, 1>)(stream, dy, dbias, p,
                                                                                        accumulate);
}

}  // namespace

template <class T>
void fill_local(Table<T>& table) {
  table.local_forward = local_forward<T>;
  table.local_backward_data = local_backward_data<T>;
  table.local_backward_weights = local_backward_weights<T>;
}
TANDEM_INSTANTIATE(fill_local)

}  // namespace tandem::KERNEL_NAMESPACE
