#include "tests/kernels/whole_convolution.h"

namespace tandem::test {
namespace {

template <class T>
struct Direct {
  Convolution p;
  explicit Direct(const Convolution& shape) : p(shape) {}

  void forward(Stream stream, const T* x, const T* w, const Compute<T>* bias, T* y) const {
    table<T>().direct_forward(stream, x, w, bias, y, p);
  }
  void backward_data(Stream stream, const T* dy, const T* w, T* dx) const {
    table<T>().direct_backward_data(stream, dy, w, dx, p);
  }
  void backward_weights(Stream stream, const T* x, const T* dy, Compute<T>* dw, bool accumulate) const {
    table<T>().direct_backward_weights(stream, x, dy, dw, p, accumulate);
  }
};

}  // namespace

TEMPLATE_TEST_CASE("direct convolution equals its definition", "[kernels]", float, bf16, double) {
  bool with_bias = false;
  for (const Convolution& p : convolution_shapes())
    if (affordable(p.rows() * p.taps())) check_convolution<TestType, Direct<TestType>>(p, with_bias = !with_bias);
}

}  // namespace tandem::test
