// Stochastic gradient descent with momentum and weight decay, the rule of Krizhevsky, Sutskever, Hinton 2012, section
// 5:
//   v <- momentum v - decay rate w - rate g
//   w <- w + v
// The rate sits inside v, and decay is multiplied by it. v uses the old w.
//
// One thread a Vec of neighbours. Bytes moved, and the fewest possible: w, v, g read and w, v written once, 5 elements.
#include "kernels/elementwise.h"
#include "kernels/kernel.h"
#include "kernels/table.h"

namespace tandem::KERNEL_NAMESPACE {
namespace {

template <class T>
__global__ void sgd_kernel(T* __restrict__ w, T* __restrict__ v, const T* __restrict__ g, size_t n, Compute<T> rate,
                           Compute<T> momentum, Compute<T> decay_rate) {
  using V = FullVec<T>;
  const size_t i = element_index<T>();
  if (i >= n) return;
  const V weight = V::load(w + i);
  const V velocity = momentum * V::load(v + i) - decay_rate * weight - rate * V::load(g + i);
  velocity.store(v + i);
  (weight + velocity).store(w + i);
}

template <class T>
void sgd(Stream stream, T* w, T* v, const T* g, size_t n, const SgdStep& step) {
  launch<sgd_kernel<T>>(elementwise_launch<T>(stream, n), w, v, g, n, Compute<T>(step.rate), Compute<T>(step.momentum),
                        Compute<T>(step.decay * step.rate));
}

}  // namespace

template <class T>
void fill_sgd(Table<T>& table) {
  table.sgd = sgd<T>;
}
TANDEM_INSTANTIATE(fill_sgd)

}  // namespace tandem::KERNEL_NAMESPACE
