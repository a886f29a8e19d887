// A layer plans for one image; each pass brings its own number of them.
#pragma once
#include <cstddef>

namespace tandem {

// A kernel's shape (Pool, Lrn, ...) over this many images.
template <class Shape>
Shape with_batch(Shape shape, int batch) {
  shape.batch = batch;
  return shape;
}

// Bytes rounded up to whole 64-byte lines, in which kernels work. If one image's kept memory is so many, a batch's
// array of `bytes` an image has whole lines too.
constexpr size_t padded_bytes(size_t bytes) { return (bytes + 63) / 64 * 64; }

}  // namespace tandem
