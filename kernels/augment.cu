// From stored 8-bit images to the network's input (Krizhevsky et al. 2012, sections 2 and 4.1), pixel by pixel and
// channel by channel:
//   out = gain * (window of the resized image - window of the mean image + noise[channel])
// where windows, gain and noise are an image's own (ImageDraw). Resizing is separable: an output pixel is a weighted
// sum of `taps` neighbours down the columns, then along the rows (AxisTaps, linear_filter in
// engine/data/axis_filter.h).
//
// resize_rows: a thread owns a Vec of neighbours of one resized row of the window, all of its columns.
// augment and augment_rows: a thread owns one pixel of the output, with all its channels, because these share the
// column that is read and the noise is then a constant for each. The GPU's stores of three channels lie 12 bytes apart:
// a warp writes whole sectors, but in three requests.
// Bytes: each window's pixels are read once (rows that overlapping taps share, from cache), the output is written once,
// and the mean is read from cache; the fewest possible but for the rows, which are written and read between the halves
// of resizing. The caller takes few images at a time, so that they stay in cache.
#include <type_traits>

#include "kernels/kernel.h"
#include "kernels/row_launch.h"
#include "kernels/unrolled.h"

namespace tandem::KERNEL_NAMESPACE {
namespace {

template <class T, int N>
__global__ void resize_rows_kernel(const uint8_t* __restrict__ images, const ImageDraw* __restrict__ draws,
                                   AxisTaps taps, Compute<T>* __restrict__ resized, Augment a, int rows) {
  using V = Vec<Compute<T>, N>;
  const int x = column_index() * N, row = int(row_index());
  const int image = row / a.out_height, length = a.width * a.channels;
  if (row >= rows) return;
  const int h = draws[image].window.top + row - image * a.out_height;
  const uint8_t* in = images + (size_t(image) * a.height + taps.first[h]) * length;
  V sum = V::all(0);
  for (int t = 0; t < taps.count; ++t) {
    const V pixels = V::from_bytes(in + t * length + x);
    sum += Compute<T>(taps.weights[h * taps.count + t]) * pixels;
  }
  sum.store(resized + size_t(row) * length + x);
}

// Column w of a window, in the image that it is cut from.
__device__ int column_of(const CropWindow& window, int w, int width) {
  return window.left + (window.flip ? width - 1 - w : w);
}

template <class Pixel>
constexpr bool kIsStored = std::is_same_v<Pixel, uint8_t>;

// Channel c of a row's pixel: as it is stored, or resampled from kTaps neighbours (0: taps.count).
template <class A, int kTaps, class Pixel>
__device__ A sample(const Pixel* row, int column, int channels, int c, const AxisTaps& taps) {
  if constexpr (kIsStored<Pixel>) {
    return A(row[column * channels + c]);
  } else {
    A sum = 0;
    unrolled<kTaps>(taps.count, [&](int t) {
      sum += A(taps.weights[column * taps.count + t]) * row[(taps.first[column] + t) * channels + c];
    });
    return sum;
  }
}

// kChannels: how many there are, or 0 for any number.
template <class T, class Pixel, int kTaps, int kChannels>
__global__ void augment_kernel(const Pixel* __restrict__ pixels, const ImageDraw* __restrict__ draws, AxisTaps taps,
                               const float* __restrict__ mean, T* __restrict__ out, Augment a, int rows) {
  using A = Compute<T>;
  const int w = column_index(), row = int(row_index());
  const int channels = kChannels ? kChannels : a.channels;
  const int image = row / a.out_height, h = row - image * a.out_height;
  if (row >= rows) return;
  const ImageDraw& draw = draws[image];
  // Rows that are resized already are those of the window.
  const size_t from = kIsStored<Pixel> ? size_t(image) * a.height + draw.window.top + h : size_t(row);
  const Pixel* in = pixels + from * a.width * channels;
  const float* means = mean + size_t(draw.mean_window.top + h) * a.resized_width * channels;
  T* to = out + size_t(row) * a.out_width * channels;
  const int column = column_of(draw.window, w, a.out_width);
  const int mean_column = column_of(draw.mean_window, w, a.out_width);
  unrolled<kChannels>(channels, [&](int c) {
    const A value = sample<A, kTaps>(in, column, channels, c, taps) - A(means[mean_column * channels + c]);
    const A noise = c < kNoiseChannels ? A(draw.noise[c]) : A(0);
    store(to + w * channels + c, A(draw.gain) * (value + noise));
  });
}

template <class T, int N>
void resize_rows(Stream stream, const uint8_t* images, const ImageDraw* draws, const AxisTaps& taps,
                 Compute<T>* resized, const Augment& a) {
  const int rows = a.batch * a.out_height;
  launch<resize_rows_kernel<T, N>>(row_launch(stream, rows, a.width * a.channels / N), images, draws, taps, resized, a,
                                   rows);
}

template <class T>
void resize_rows(Stream stream, const uint8_t* images, const ImageDraw* draws, const AxisTaps& taps,
                 Compute<T>* resized, const Augment& a) {
  constexpr int kWide = kLanes<Compute<T>>;
  const bool whole = a.width * a.channels % kWide == 0;
  (whole ? resize_rows<T, kWide> : resize_rows<T, 1>)(stream, images, draws, taps, resized, a);
}

template <class T, class Pixel, int kTaps>
void augment(Stream stream, const Pixel* pixels, const ImageDraw* draws, const AxisTaps& taps, const float* mean,
             T* out, const Augment& a) {
  const int rows = a.batch * a.out_height;
  const Launch l = row_launch(stream, rows, a.out_width);
  if (a.channels == 1) {
    launch<augment_kernel<T, Pixel, kTaps, 1>>(l, pixels, draws, taps, mean, out, a, rows);
  } else if (a.channels == 3) {
    launch<augment_kernel<T, Pixel, kTaps, 3>>(l, pixels, draws, taps, mean, out, a, rows);
  } else {
    launch<augment_kernel<T, Pixel, kTaps, 0>>(l, pixels, draws, taps, mean, out, a, rows);
  }
}

template <class T>
void augment_images(Stream stream, const uint8_t* images, const ImageDraw* draws, const float* mean, T* out,
                    const Augment& a) {
  augment<T, uint8_t, 0>(stream, images, draws, {}, mean, out, a);
}

template <class T>
void augment_rows(Stream stream, const Compute<T>* resized, const ImageDraw* draws, const AxisTaps& taps,
                  const float* mean, T* out, const Augment& a) {
  const auto run = taps.count == 2 ? augment<T, Compute<T>, 2> : augment<T, Compute<T>, 0>;
  run(stream, resized, draws, taps, mean, out, a);
}

}  // namespace

template <class T>
void fill_augment(Table<T>& table) {
  table.resize_rows = resize_rows<T>;
  table.augment = augment_images<T>;
  table.augment_rows = augment_rows<T>;
}
TANDEM_INSTANTIATE(fill_augment)

}  // namespace tandem::KERNEL_NAMESPACE
