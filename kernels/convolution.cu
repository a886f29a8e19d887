// The data movement of convolution by matrix product (Chellapilla, Puri, Simard 2006): im2col writes each window of the
// input as a row, so that a group's convolution is [rows][taps] x [taps][outputs]; col2im is its transpose.
//
// Layout of a group's matrix: row = output pixel in (n, oh, ow) order, column = tap in (kh, kw, c) order. A tap (kh,
// kw) of a row is group_channels contiguous elements of x; with one group, a whole kh is kernel * channels contiguous
// ones.
//
// Bytes moved: im2col writes rows * taps elements and reads about as many, nearly all from cache, since neighbouring
// windows overlap; the fewest possible is to write them and to read x once. col2im the other way round.
#include "kernels/divisor.h"
#include "kernels/kernel.h"
#include "kernels/row_launch.h"
#include "kernels/table.h"
#include "kernels/word.h"

namespace tandem::KERNEL_NAMESPACE {
namespace {

// A convolution with what its kernels divide by, and one group's share of the channels.
struct Geometry : Convolution {
  explicit Geometry(const Convolution& p)
      : Convolution(p),
        by_height(p.height),
        by_width(p.width),
        by_out_height(p.out_height),
        by_out_width(p.out_width),
        by_stride(p.stride),
        run(p.group_channels()) {}

  Divisor by_height, by_width, by_out_height, by_out_width, by_stride;
  int run;  // group_channels(), which lie side by side
};

// The window that one row of the matrix holds. Its corner may lie in the padding.
struct Window {
  int image, top, left;
};

__device__ Window window_of(int row, const Geometry& p) {
  const int image_row = p.by_out_width.quotient(row);
  const int image = p.by_out_height.quotient(image_row), oh = p.by_out_height.remainder(image_row);
  const int ow = p.by_out_width.remainder(row);
  return {image, oh * p.stride - p.pad.top, ow * p.stride - p.pad.left};
}

// For channels in whole Words: a thread copies one Word of channels (x) of one row (y), at every tap. p counts channels
// in W, that Word; x points at the group's first channel.
template <class W>
__global__ void im2col_words_kernel(const W* __restrict__ x, W* __restrict__ columns, Geometry p, int row_begin,
                                    int rows) {
  const int c = column_index(), row = int(row_index());
  const Window window = window_of(row_begin + row, p);
  const int kw_begin = min(max(-window.left, 0), p.kernel);  // the taps inside the image are [kw_begin, kw_end)
  const int kw_end = max(min(p.width - window.left, p.kernel), kw_begin);
  const W* image = x + size_t(window.image) * p.height * p.width * p.channels;
  W* out = columns + size_t(row) * p.kernel * p.kernel * p.run;
  if (row >= rows) return;
  for (int kh = 0; kh < p.kernel; ++kh, out += p.kernel * p.run) {
    const int h = window.top + kh;
    const bool inside = h >= 0 && h < p.height;
    const int begin = inside ? kw_begin : p.kernel, end = inside ? kw_end : p.kernel;
    const W* in = image + (long(h) * p.width + window.left) * p.channels;
    for (int kw = 0; kw < begin; ++kw) (out + kw * p.run)[c] = W{};
    for (int kw = begin; kw < end; ++kw) (out + kw * p.run)[c] = (in + kw * p.channels)[c];
    for (int kw = end; kw < p.kernel; ++kw) (out + kw * p.run)[c] = W{};
  }
}

// For any number of channels: a thread copies one element. x runs over a span of elements that are contiguous in both
// matrices, y over kh, z over rows. A span is `span_pixels` pixels wide: a whole kh with one group, and with several a
// single tap. blockIdx.z runs over the spans of a kh, each in `pieces` that a block can hold. What the image's edges
// leave of a span is still one interval.
template <class T>
__global__ void im2col_spans_kernel(const T* __restrict__ x, T* __restrict__ columns, Geometry p, int span_pixels,
                                    Divisor pieces, int row_begin, int rows) {
  const int kw = pieces.quotient(blockIdx.z) * span_pixels, j = pieces.remainder(blockIdx.z) * blockDim.x + threadIdx.x;
  const int kh = blockIdx.y * blockDim.y + threadIdx.y, row = blockIdx.x * blockDim.z + threadIdx.z;
  const Window window = window_of(row_begin + row, p);
  const int h = window.top + kh, w = window.left + kw;
  const bool h_inside = h >= 0 && h < p.height, inside = h_inside && w >= 0 && w + span_pixels <= p.width;
  const int begin = -w * p.channels, end = h_inside ? (p.width - w) * p.channels : 0;
  const T* in = x + ((long(window.image) * p.height + h) * p.width + w) * p.channels;
  T* out = columns + ((size_t(row) * p.kernel + kh) * p.kernel + kw) * p.run;
  if (row >= rows || kh >= p.kernel) return;
  if (inside) {
    out[j] = in[j];
  } else {
    out[j] = j >= begin && j < end ? in[j] : T{};
  }
}

template <class T>
void im2col_words(Stream stream, const T* x, T* columns, Convolution p, int row_begin, int rows) {
  p.channels /= sizeof(Word) / sizeof(T);
  launch<im2col_words_kernel<Word>>(row_launch(stream, rows, p.group_channels()), reinterpret_cast<const Word*>(x),
                                    reinterpret_cast<Word*>(columns), Geometry(p), row_begin, rows);
}

template <class T>
void im2col_spans(Stream stream, const T* x, T* columns, Convolution p, int row_begin, int rows) {
  constexpr int kThreads = 512;
  const int span_pixels = p.groups == 1 ? p.kernel : 1, span = span_pixels * p.group_channels();
  const int x_threads = block_width(span), pieces = span / x_threads;
  const int y = min(p.kernel, max(1, kThreads / x_threads)), z = min(64, max(1, kThreads / (x_threads * y)));
  const dim3 grid(ceil_div(rows, z), ceil_div(p.kernel, y), p.kernel / span_pixels * pieces);
  launch<im2col_spans_kernel<T>>(Launch{grid, dim3(x_threads, y, z), 0, stream}, x, columns, Geometry(p), span_pixels,
                                 Divisor(pieces), row_begin, rows);
}

template <class T>
void im2col(Stream stream, const T* x, T* columns, const Convolution& p, int group, long row_begin, long rows) {
  const auto variant = whole_words<T>(p.group_channels()) ? im2col_words<T> : im2col_spans<T>;
  variant(stream, x + group * p.group_channels(), columns, p, int(row_begin), int(rows));
}

// A thread owns N channels (x) of one pixel (y) and adds up the taps that read it, in the order of the rows: no two
// threads write one element. The windows over padded row hp are those oh with oh * stride <= hp < oh * stride + kernel.
template <class T, int N>
__global__ void col2im_kernel(const T* __restrict__ columns, T* __restrict__ dx, Geometry p, int pixels) {
  using V = Vec<Compute<T>, N>;
  const int c = column_index() * N, pixel = int(row_index()), image_row = p.by_width.quotient(pixel);
  const int image = p.by_height.quotient(image_row);
  const int hp = p.by_height.remainder(image_row) + p.pad.top, wp = p.by_width.remainder(pixel) + p.pad.left;
  const int oh_begin = p.by_stride.quotient(max(hp - p.kernel + p.stride, 0));
  const int ow_begin = p.by_stride.quotient(max(wp - p.kernel + p.stride, 0));
  const int oh_end = min(p.by_stride.quotient(hp) + 1, p.out_height);
  const int ow_end = min(p.by_stride.quotient(wp) + 1, p.out_width);
  const int taps = p.kernel * p.kernel * p.run;
  const int next_window = taps - p.stride * p.run;  // a row of the matrix on, `stride` taps back
  T* out = dx + size_t(pixel) * p.channels;
  if (pixel >= pixels) return;
  V sum = V::all(0);
  for (int oh = oh_begin; oh < oh_end; ++oh) {
    const int tap = (hp - oh * p.stride) * p.kernel + wp - ow_begin * p.stride;
    const size_t row = size_t(image * p.out_height + oh) * p.out_width + ow_begin;
    const T* in = columns + row * taps + tap * p.run;
    for (int ow = ow_begin; ow < ow_end; ++ow, in += next_window) sum += V::load(in + c);
  }
  sum.store(out + c);
}

template <class T, int N>
void col2im_by(Stream stream, const T* columns, T* dx, const Convolution& p, int images) {
  const int pixels = images * p.height * p.width;
  launch<col2im_kernel<T, N>>(row_launch(stream, pixels, p.group_channels() / N), columns, dx, Geometry(p), pixels);
}

template <class T>
void col2im(Stream stream, const T* columns, T* dx, const Convolution& p, int group, int image_begin, int images) {
  const auto variant = p.group_channels() % kLanes<T> == 0 ? col2im_by<T, kLanes<T>> : col2im_by<T, 1>;
  const size_t image_size = size_t(p.height) * p.width * p.channels;
  variant(stream, columns, dx + image_begin * image_size + group * p.group_channels(), p, images);
}

}  // namespace

template <class T>
void fill_convolution(Table<T>& table) {
  table.im2col = im2col<T>;
  table.col2im = col2im<T>;
}
TANDEM_INSTANTIATE(fill_convolution)

}  // namespace tandem::KERNEL_NAMESPACE
