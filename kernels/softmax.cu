// Softmax and cross-entropy of rows of logits z with label l, stable for logits of any size as the maximum m is taken
// off:
//   p_i = exp(z_i - m) / sum over j of exp(z_j - m),   loss = -log p_l = log(sum over j of exp(z_j - m)) + (m - z_l)
// with the gradient  dz_i = scale * (p_i - [i = l]). rank counts the classes ahead of the label. A logit that is not a
// number makes the loss not a number, and is ahead of everything: a net that has diverged hits nothing.
//
// Forward: a row has one thread when its classes are few, else one warp, whose lanes take every 32nd class and meet by
// shuffles. Both give the GPU enough to do at the sizes that occur (128 rows of 10 or 1000), and neither has a barrier,
// which is what made a block a row slow on the host. Threads that have a row each read logits a row apart, so that a
// request touches up to 32 sectors: of few kB, which are in cache from the first on. Backward: a thread owns one class
// of a row. Bytes: forward reads the logits (twice more from cache), writes probabilities; backward reads them and
// writes dlogits.
#include "kernels/kernel.h"
#include "kernels/row_launch.h"

namespace tandem::KERNEL_NAMESPACE {
namespace {

constexpr int kFewClasses = 32;

struct Larger {
  template <class A>
  __device__ A operator()(A a, A b) const {
    return a > b ? a : b;
  }
};
struct Plus {
  template <class A>
  __device__ A operator()(A a, A b) const {
    return a + b;
  }
};

// Combines what `kThreads` neighbouring threads hold, in a fixed order; every one of them gets the result.
template <int kThreads, class A, class Combine>
__device__ A reduce(A value, Combine combine) {
  UNROLL
  for (int distance = kThreads / 2; distance > 0; distance /= 2) {
    value = combine(value, __shfl_xor_sync(0xffffffffu, value, distance));
  }
  return value;
}

// threadIdx.x runs over the kThreads threads of a row, 1 or a whole warp; threadIdx.y and blockIdx.x over rows.
template <class T, int kThreads>
__global__ void softmax_cross_entropy_forward_kernel(const T* __restrict__ logits, const int32_t* __restrict__ labels,
                                                     Compute<T>* __restrict__ loss,
                                                     Compute<T>* __restrict__ probabilities, int32_t* __restrict__ rank,
                                                     int rows, int classes) {
  using A = Compute<T>;
  const int row = int(row_index()), lane = threadIdx.x;
  if (row >= rows) return;
  const T* z = logits + size_t(row) * classes;
  A* p = probabilities + size_t(row) * classes;
  const int label = labels[row];
  const A label_logit = load(z + label);
  A largest = -INFINITY;
  int ahead = 0;
  for (int i = lane; i < classes; i += kThreads) {
    const A logit = load(z + i);
    largest = Larger()(logit, largest);
    ahead += i < label ? !(logit < label_logit) : !(logit <= label_logit);
  }
  largest = reduce<kThreads>(largest, Larger());
  ahead = reduce<kThreads>(ahead, Plus());
  A sum = 0;
  for (int i = lane; i < classes; i += kThreads) sum += exp(load(z + i) - largest);
  sum = reduce<kThreads>(sum, Plus());
  for (int i = lane; i < classes; i += kThreads) store(p + i, exp(load(z + i) - largest) / sum);
  if (lane == 0) {
    store(loss + row, log(sum) + (largest - label_logit));
    rank[row] = ahead;
  }
}

// May run in place: no __restrict__.
template <class T>
__global__ void softmax_cross_entropy_backward_kernel(const Compute<T>* probabilities, const int32_t* labels,
                                                      T* dlogits, int rows, int classes, Compute<T> scale) {
  const int i = column_index(), row = int(row_index());
  const size_t start = size_t(row) * classes;
  if (row >= rows) return;
  const int label = labels[row];
  const Compute<T> p = load(probabilities + start + i);
  store(dlogits + start + i, scale * (i == label ? p - 1 : p));
}

template <class T>
void softmax_cross_entropy_forward(Stream stream, const T* logits, const int32_t* labels, Compute<T>* loss,
                                   Compute<T>* probabilities, int32_t* rank, int rows, int classes) {
  if (classes <= kFewClasses) {
    constexpr int kRows = 32;
    launch<softmax_cross_entropy_forward_kernel<T, 1>>(Launch{dim3(ceil_div(rows, kRows)), dim3(1, kRows), 0, stream},
                                                       logits, labels, loss, probabilities, rank, rows, classes);
  } else {
    launch<softmax_cross_entropy_forward_kernel<T, 32>>(Launch{dim3(rows), dim3(32), 0, stream}, logits, labels, loss,
                                                        probabilities, rank, rows, classes);
  }
}

template <class T>
void softmax_cross_entropy_backward(Stream stream, const Compute<T>* probabilities, const int32_t* labels, T* dlogits,
                                    int rows, int classes, double scale) {
  launch<softmax_cross_entropy_backward_kernel<T>>(row_launch(stream, rows, classes), probabilities, labels, dlogits,
                                                   rows, classes, Compute<T>(scale));
}

}  // namespace

template <class T>
void fill_softmax(Table<T>& table) {
  table.softmax_cross_entropy_forward = softmax_cross_entropy_forward<T>;
  table.softmax_cross_entropy_backward = softmax_cross_entropy_backward<T>;
}
TANDEM_INSTANTIATE(fill_softmax)

}  // namespace tandem::KERNEL_NAMESPACE
