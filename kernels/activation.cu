// The activations, elementwise, and their gradients written in the forward output y, so that x need not be kept:
//   relu     y = max(x, 0)            dx = y > 0 ? dy : 0      (Nair, Hinton 2010); the slope at 0, and at -0, is 0
//   sigmoid  y = 1 / (1 + exp(-x))    dx = dy y (1 - y)        (the activation of LeNet; LeCun et al. 1998)
//   tanh     y = tanh(x)              dx = dy (1 - y^2)
// Every forward passes NaN on, relu too, so that a diverged network shows in its loss. exp may overflow to infinity or
// vanish, and the quotient is then the right limit.
//
// Bytes moved, and the fewest possible: forward reads and writes each element once, backward reads two and writes one.
// A thread has a whole Vec, of tanh alone, which nobody has made of vectors, one element. All may run in place, so no
// pointer is __restrict__.
#include "kernels/elementwise.h"
#include "kernels/kernel.h"
#include "kernels/table.h"

namespace tandem::KERNEL_NAMESPACE {
namespace {

template <class T>
__global__ void relu_forward_kernel(const T* x, T* y, size_t n) {
  const size_t i = element_index<T>();
  if (i < n) max(FullVec<T>::all(0), FullVec<T>::load(x + i)).store(y + i);  // max takes the second if one is NaN
}

struct Sigmoid {
  template <class V>
  static __device__ V input_gradient(V y, V dy) {
    return dy * y * (V::all(1) - y);
  }
};

struct Tanh {
  template <class V>
  static __device__ V input_gradient(V y, V dy) {
    return dy * (V::all(1) - y * y);
  }
};

struct Relu {
  template <class V>
  static __device__ V input_gradient(V y, V dy) {
    return where_positive(y, dy);
  }
};

template <class T>
__global__ void sigmoid_forward_kernel(const T* x, T* y, size_t n) {
  using V = FullVec<T>;
  const size_t i = element_index<T>();
  if (i < n) (V::all(1) / (V::all(1) + exp(V::all(0) - V::load(x + i)))).store(y + i);
}

template <class T>
__global__ void tanh_forward_kernel(const T* x, T* y, size_t n) {
  const size_t i = size_t(blockIdx.x) * blockDim.x + threadIdx.x;
  if (i < n) store(y + i, tanh(load(x + i)));
}

template <class T, class F>
__global__ void backward_kernel(const T* y, const T* dy, T* dx, size_t n) {
  const size_t i = element_index<T>();
  if (i < n) F::input_gradient(FullVec<T>::load(y + i), FullVec<T>::load(dy + i)).store(dx + i);
}

template <class T>
void relu_forward(Stream stream, const T* x, T* y, size_t n) {
  launch<relu_forward_kernel<T>>(elementwise_launch<T>(stream, n), x, y, n);
}

template <class T>
void sigmoid_forward(Stream stream, const T* x, T* y, size_t n) {
  launch<sigmoid_forward_kernel<T>>(elementwise_launch<T>(stream, n), x, y, n);
}

template <class T>
void tanh_forward(Stream stream, const T* x, T* y, size_t n) {
  constexpr int kThreads = 256;
  launch<tanh_forward_kernel<T>>(Launch{grid1d(long(n), kThreads), dim3(kThreads), 0, stream}, x, y, n);
}

template <class T, class F>
void backward(Stream stream, const T* y, const T* dy, T* dx, size_t n) {
  launch<backward_kernel<T, F>>(elementwise_launch<T>(stream, n), y, dy, dx, n);
}

}  // namespace

template <class T>
void fill_activation(Table<T>& table) {
  table.relu_forward = relu_forward<T>;
  table.relu_backward = backward<T, Relu>;
  table.sigmoid_forward = sigmoid_forward<T>;
  table.sigmoid_backward = backward<T, Sigmoid>;
  table.tanh_forward = tanh_forward<T>;
  table.tanh_backward = backward<T, Tanh>;
}
TANDEM_INSTANTIATE(fill_activation)

}  // namespace tandem::KERNEL_NAMESPACE
