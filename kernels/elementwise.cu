// Small operations on whole tensors: y = value, y += x, y = factor x, rounding to the storage type, and the copy of a
// slice of channels that concatenation and slicing are made of. Each moves every element it must read or write once:
// all are bound by memory.
#include "kernels/elementwise.h"

#include "kernels/kernel.h"
#include "kernels/row_launch.h"
#include "kernels/table.h"
#include "kernels/word.h"

namespace tandem::KERNEL_NAMESPACE {
namespace {

// One thread a Vec in the first four.
template <class T>
__global__ void fill_kernel(T* __restrict__ x, size_t n, Compute<T> value) {
  const size_t i = element_index<T>();
  if (i < n) FullVec<T>::all(value).store(x + i);
}

template <class T>
__global__ void add_kernel(const T* __restrict__ x, T* __restrict__ y, size_t n) {
  const size_t i = element_index<T>();
  if (i < n) (FullVec<T>::load(y + i) + FullVec<T>::load(x + i)).store(y + i);
}

template <class T>
__global__ void scale_kernel(const T* x, T* y, size_t n, Compute<T> factor) {
  const size_t i = element_index<T>();
  if (i < n) (factor * FullVec<T>::load(x + i)).store(y + i);
}

template <class T>
__global__ void narrow_kernel(const Compute<T>* __restrict__ x, T* __restrict__ y, size_t n) {
  const size_t i = element_index<T>();
  if (i < n) FullVec<T>::load(x + i).store(y + i);
}

// A thread copies one W, a Word or an element, of one row. All sizes count Ws; x and y point at the slices' beginnings.
template <class W>
__global__ void copy_channels_kernel(const W* __restrict__ x, int x_channels, W* __restrict__ y, int y_channels,
                                     long rows) {
  const int c = column_index();
  const long row = row_index();
  const W* in = x + size_t(row) * x_channels;
  W* out = y + size_t(row) * y_channels;
  if (row < rows) out[c] = in[c];
}

template <class T>
void fill(Stream stream, T* x, size_t n, double value) {
  launch<fill_kernel<T>>(elementwise_launch<T>(stream, n), x, n, Compute<T>(value));
}

template <class T>
void add(Stream stream, const T* x, T* y, size_t n) {
  launch<add_kernel<T>>(elementwise_launch<T>(stream, n), x, y, n);
}

template <class T>
void scale(Stream stream, const T* x, T* y, size_t n, double factor) {
  launch<scale_kernel<T>>(elementwise_launch<T>(stream, n), x, y, n, Compute<T>(factor));
}

template <class T>
void narrow(Stream stream, const Compute<T>* x, T* y, size_t n) {
  launch<narrow_kernel<T>>(elementwise_launch<T>(stream, n), x, y, n);
}

template <class T>
void copy_channels(Stream stream, const T* x, int x_channels, int x_begin, T* y, int y_channels, int y_begin, int count,
                   long rows) {
  x += x_begin;
  y += y_begin;
  const bool in_words = whole_words<T>(x_channels) && whole_words<T>(x_begin) && whole_words<T>(y_channels) &&
                        whole_words<T>(y_begin) && whole_words<T>(count);
  if (in_words) {
    constexpr int kWordElements = sizeof(Word) / sizeof(T);
    launch<copy_channels_kernel<Word>>(row_launch(stream, rows, count / kWordElements),
                                       reinterpret_cast<const Word*>(x), x_channels / kWordElements,
                                       reinterpret_cast<Word*>(y), y_channels / kWordElements, rows);
  } else {
    launch<copy_channels_kernel<T>>(row_launch(stream, rows, count), x, x_channels, y, y_channels, rows);
  }
}

}  // namespace

template <class T>
void fill_elementwise(Table<T>& table) {
  table.fill = fill<T>;
  table.add = add<T>;
  table.scale = scale<T>;
  table.narrow = narrow<T>;
  table.copy_channels = copy_channels<T>;
}
TANDEM_INSTANTIATE(fill_elementwise)

}  // namespace tandem::KERNEL_NAMESPACE
