#include "tests/kernels/whole_convolution.h"

namespace tandem::test {
namespace {

template <class T>
struct Implicit {
  Convolution p;
  Aligned<Compute<T>> partial;
  explicit Implicit(const Convolution& shape)
      : p(shape), partial(size_t(implicit_parts(shape)) * shape.out_channels * shape.taps()) {}

  void forward(Stream stream, const T* x, const T* w, const Compute<T>* bias, T* y) const {
    table<T>().implicit_forward(stream, x, w, bias, y, p);
  }
  void backward_data(Stream stream, const T* dy, const T* w, T* dx) const {
    table<T>().implicit_backward_data(stream, dy, w, dx, p);
  }
  void backward_weights(Stream stream, const T* x, const T* dy, Compute<T>* dw, bool accumulate) {
    table<T>().implicit_backward_weights(stream, x, dy, partial.data(), dw, p, accumulate);
  }
};

// Beyond one tile of 128 x 64, or one part of a weight gradient, in fours and one by one.
std::vector<Convolution> large_shapes() {
  return {
      convolution(2, 10, 9, 4, 132, 3, 1, 1, {1, 1, 1, 1}),  // three tiles of outputs
      convolution(1, 12, 13, 3, 67, 3, 1, 1, {1, 1, 1, 1}),  // the same one by one
      convolution(1, 4, 5, 136, 12, 2, 1, 2, {0, 1, 1, 0}),  // tiles of channels, two groups
      convolution(3, 16, 16, 4, 4, 3, 1, 1, {1, 1, 1, 1}),   // three parts
      convolution(5, 16, 18, 1, 2, 3, 2, 1, {1, 1, 1, 1}),   // odd and even pixels
      convolution(3, 23, 22, 4, 8, 3, 2, 1, {1, 0, 0, 1}),   // the same in fours
      convolution(2, 11, 12, 8, 8, 5, 4, 2, {0, 0, 3, 3}),   // sixteen kinds of pixels
      convolution(1, 9, 2, 4, 4, 2, 3, 1, {0, 0, 0, 0}),     // a stride wider than the image
  };
}

}  // namespace

TEMPLATE_TEST_CASE("implicit convolution equals its definition", "[kernels]", float, bf16, double) {
  std::vector<Convolution> shapes = convolution_shapes();
  for (const Convolution& p : large_shapes()) shapes.push_back(p);
  bool with_bias = false;
  for (const Convolution& p : shapes)
    if (affordable(p.rows() * p.taps())) check_convolution<TestType, Implicit<TestType>>(p, with_bias = !with_bias);
}

TEST_CASE("implicit convolution cuts long sums into parts of at least 256 rows, within 2^22 elements", "[kernels]") {
  CHECK(implicit_parts(convolution(1, 15, 17, 4, 4, 1, 1, 1, {})) == 1);
  CHECK(implicit_parts(convolution(3, 16, 16, 4, 4, 3, 1, 1, {1, 1, 1, 1})) == 3);
  CHECK(implicit_parts(convolution(128, 13, 13, 256, 384, 3, 1, 1, {1, 1, 1, 1})) == 4);  // AlexNet's conv3
  CHECK(implicit_parts(convolution(128, 6, 6, 256, 4096, 6, 1, 1, {})) == 1);
}

}  // namespace tandem::test
