// Stochastic gradient descent with momentum and weight decay, the rule of Krizhevsky, Sutskever, Hinton 2012, section
// 5:
//   v <- momentum v - decay rate w - rate g
//   w <- w + v
// The rate sits inside v, and decay is multiplied by it. v uses the old w.
//
// All tensors in one launch: a block handles kSgdBlock elements of one of them, and looks up its step once. One thread
// a Vec of neighbours. Bytes moved, and the fewest possible: w, v, g read and w, v written once, 5 elements.
#include "kernels/elementwise.h"
#include "kernels/kernel.h"
#include "kernels/table.h"

namespace tandem::KERNEL_NAMESPACE {
namespace {

template <class T>
__global__ void sgd_kernel(T* __restrict__ w, T* __restrict__ v, const T* __restrict__ g, size_t n,
                           const int32_t* __restrict__ tensor_of_block, const SgdStep<Compute<T>>* __restrict__ steps) {
  using V = FullVec<T>;
  const SgdStep<Compute<T>> step = steps[tensor_of_block[blockIdx.x]];
  const size_t i = element_index<T>();
  if (i >= n) return;
  const V weight = V::load(w + i);
  const V velocity = step.momentum * V::load(v + i) - step.decay_rate * weight - step.rate * V::load(g + i);
  velocity.store(v + i);
  (weight + velocity).store(w + i);
}

template <class T>
void sgd(Stream stream, T* w, T* v, const T* g, size_t n, const int32_t* tensor_of_block,
         const SgdStep<Compute<T>>* steps) {
  static_assert(kSgdBlock % kLanes<T> == 0);
  launch<sgd_kernel<T>>(Launch{grid1d(long(n), kSgdBlock), kSgdBlock / kLanes<T>, 0, stream}, w, v, g, n,
                        tensor_of_block, steps);
}

}  // namespace

template <class T>
void fill_sgd(Table<T>& table) {
  table.sgd = sgd<T>;
}
TANDEM_INSTANTIATE(fill_sgd)

}  // namespace tandem::KERNEL_NAMESPACE
