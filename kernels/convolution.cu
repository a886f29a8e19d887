// The data movement of convolution by matrix product (Chellapilla, Puri, Simard 2006), the second step of a ladder
// between direct_convolution.cu and implicit_convolution.cu: im2col writes each window of the input as a row, so that a
// group's convolution is [rows][taps] x [taps][outputs]; col2im is its transpose.
//
// Layout of a group's matrix: row = output pixel in (n, oh, ow) order, column = tap in (kh, kw, c) order. A tap (kh,
// kw) of a row is group_channels contiguous elements of x; with one group, a whole kh is kernel * channels contiguous
// ones.
//
// Bytes moved: im2col writes rows * taps elements and reads about as many, nearly all from cache, since neighbouring
// windows overlap: x once, but for the halos of the tile of windows that a block copies. col2im reads the columns and
// writes dx once, the fewest possible.
//
// Where channels are not whole Words, a row of the matrix and a window's row in x begin anywhere, so that 32 neighbours
// lie in 5 or 6 sectors and seldom in 4; so does what col2im reads of a pixel's few channels. A GPU's caches make up
// for that; to move only whole sectors, a block would have to bring its piece of x through shared memory and hand the
// matrix out in pieces that no longer match spans of x.
#include "kernels/divisor.h"
#include "kernels/kernel.h"
#include "kernels/row_launch.h"
#include "kernels/table.h"
#include "kernels/tiles.h"
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

// The rows [begin, begin + count) of the matrix, and the rows of output pixels, counted through all images, in which
// they lie. A block covers a tile of the latter, and leaves out what is not asked for at both ends.
struct Rows {
  Rows(const Convolution& p, int row_begin, int rows)
      : begin(row_begin),
        count(rows),
        first_image_row(row_begin / p.out_width),
        image_rows((row_begin + rows - 1) / p.out_width + 1 - first_image_row) {}

  int begin, count, first_image_row, image_rows;
};

// The window that one row of the matrix holds, and the row's index, counted from the first that is asked for. The
// window's corner may lie in the padding.
struct Window {
  int image, top, left, row;
};

__device__ __forceinline__ Window window_of(int row, const Rows& rows, const Geometry& p) {
  const int image_row = p.by_out_width.quotient(rows.begin + row), ow = p.by_out_width.remainder(rows.begin + row);
  const int image = p.by_out_height.quotient(image_row), oh = p.by_out_height.remainder(image_row);
  return {image, oh * p.stride - p.pad.top, ow * p.stride - p.pad.left, row};
}

// The window of column ow of the row of output pixels that is `image_row` after the first.
__device__ __forceinline__ Window window_at(int image_row, int ow, const Rows& rows, const Geometry& p) {
  const int through_all = rows.first_image_row + image_row;
  const int image = p.by_out_height.quotient(through_all), oh = p.by_out_height.remainder(through_all);
  return {image, oh * p.stride - p.pad.top, ow * p.stride - p.pad.left, through_all * p.out_width + ow - rows.begin};
}

// For channels in whole Words: a thread copies one Word of channels (x) of one row (y, z), at every tap. p counts
// channels in W, that Word; x points at the group's first channel.
template <class W>
__global__ void im2col_words_kernel(const W* __restrict__ x, W* __restrict__ columns, Geometry p, Rows rows,
                                    Tiles tiles) {
  const int c = column_index();
  const Pixel pixel = tiles.pixel();
  const Window window = window_at(pixel.row, pixel.column, rows, p);
  const int kw_begin = min(max(-window.left, 0), p.kernel);  // the taps inside the image are [kw_begin, kw_end)
  const int kw_end = max(min(p.width - window.left, p.kernel), kw_begin);
  const W* image = x + size_t(window.image) * p.height * p.width * p.channels;
  W* out = columns + size_t(window.row) * p.kernel * p.kernel * p.run;
  if (!tiles.contain(pixel) || window.row < 0 || window.row >= rows.count) return;
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

// On the GPU, a block that copies spans covers a tile of windows, at most so large, and a thread copies its element of
// every blockDim.z-th column. On the host it copies that of one row of the matrix: a loop inside the one over
// threadIdx.x would keep that from being vectorised.
#if defined(__CUDACC__)
constexpr bool kTileOfSpans = true;
#else
constexpr bool kTileOfSpans = false;
#endif
constexpr int kSpanTileRows = 4, kSpanTileColumns = 14;

// How a row of the matrix is cut into spans, and its spans into pieces that a block can hold; and tiles of windows.
struct Spans {
  int pixels;      // of a span
  Divisor pieces;  // of a span
  int tile_columns;
  Divisor by_tiles_across;
};

// For any number of channels: a thread copies one element of each of its windows. x runs over a span of elements that
// are contiguous in both matrices, y over kh, z over windows. A span is a whole kh wide with one group, and with
// several a single tap. blockIdx.z runs over the pieces of the spans of a kh. What the image's edges leave of a span is
// still one interval.
template <class T>
__global__ void im2col_spans_kernel(const T* __restrict__ x, T* __restrict__ columns, Geometry p, Rows rows,
                                    Spans spans) {
  const int kw = spans.pieces.quotient(blockIdx.z) * spans.pixels;
  const int j = spans.pieces.remainder(blockIdx.z) * blockDim.x + threadIdx.x;
  const int kh = blockIdx.y * blockDim.y + threadIdx.y;
  const auto copy = [&](const Window& window) {
    const int h = window.top + kh, w = window.left + kw;
    const bool h_inside = h >= 0 && h < p.height, inside = h_inside && w >= 0 && w + spans.pixels <= p.width;
    const int begin = -w * p.channels, end = h_inside ? (p.width - w) * p.channels : 0;
    const T* in = x + ((long(window.image) * p.height + h) * p.width + w) * p.channels;
    T* out = columns + ((size_t(window.row) * p.kernel + kh) * p.kernel + kw) * p.run;
    if (window.row >= rows.count || kh >= p.kernel) return;
    if (inside) {
      out[j] = in[j];
    } else {
      out[j] = j >= begin && j < end ? in[j] : T{};
    }
  };
  if constexpr (kTileOfSpans) {
    const int tile_row = spans.by_tiles_across.quotient(blockIdx.x) * kSpanTileRows;
    const int tile_column = spans.by_tiles_across.remainder(blockIdx.x) * spans.tile_columns;
    const int end = min(tile_column + spans.tile_columns, p.out_width);
    for (int row = tile_row; row < tile_row + kSpanTileRows; ++row) {
      for (int ow = tile_column + threadIdx.z; ow < end; ow += blockDim.z) {
        const Window window = window_at(row, ow, rows, p);
        if (window.row >= 0) copy(window);
      }
    }
  } else {
    copy(window_of(blockIdx.x * blockDim.z + threadIdx.z, rows, p));
  }
}

template <class T>
void im2col_words(Stream stream, const T* x, T* columns, Convolution p, const Rows& rows) {
  p.channels /= sizeof(Word) / sizeof(T);
  const Tiles tiles(1, rows.image_rows, p.out_width, p.group_channels(), kTileItems<Word, 1>);
  launch<im2col_words_kernel<Word>>(tiles.launch(stream), reinterpret_cast<const Word*>(x),
                                    reinterpret_cast<Word*>(columns), Geometry(p), rows, tiles);
}

template <class T>
void im2col_spans(Stream stream, const T* x, T* columns, Convolution p, const Rows& rows) {
  constexpr int kThreads = 512;
  const int span_pixels = p.groups == 1 ? p.kernel : 1, span = span_pixels * p.group_channels();
  const int x_threads = block_width(span), pieces = span / x_threads;
  const int y = min(p.kernel, max(1, kThreads / x_threads));
  const int tile_columns = evened(p.out_width, kSpanTileColumns), across = ceil_div(p.out_width, tile_columns);
  const int z = min(kTileOfSpans ? tile_columns : 64, max(1, kThreads / (x_threads * y)));
  const int tiles = kTileOfSpans ? ceil_div(rows.image_rows, kSpanTileRows) * across : ceil_div(rows.count, z);
  const dim3 grid(tiles, ceil_div(p.kernel, y), p.kernel / span_pixels * pieces);
  const Spans spans{span_pixels, Divisor(pieces), tile_columns, Divisor(across)};
  launch<im2col_spans_kernel<T>>(Launch{grid, dim3(x_threads, y, z), 0, stream}, x, columns, Geometry(p), rows, spans);
}

template <class T>
void im2col(Stream stream, const T* x, T* columns, const Convolution& p, int group, long row_begin, long rows) {
  const auto variant = whole_words<T>(p.group_channels()) ? im2col_words<T> : im2col_spans<T>;
  variant(stream, x + group * p.group_channels(), columns, p, Rows(p, int(row_begin), int(rows)));
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
