// Fills the table of kernels/table.h from the kernel files, once a machine. Here each of them is named, and only here.
#include "kernels/table.h"

#include "kernels/kernel.h"

#define FOR_EACH_KERNEL_FILE(apply)                                                                                 \
  apply(direct_convolution) apply(convolution) apply(implicit_convolution) apply(bias) apply(activation) apply(lrn) \
      apply(lrn_same_map) apply(max_pool) apply(average_pool) apply(dropout) apply(softmax) apply(local)            \
          apply(elementwise) apply(sgd) apply(magnitude) apply(reduce) apply(augment) apply(transpose)

namespace tandem::KERNEL_NAMESPACE {

#define DECLARE(name) \
  template <class T>  \
  void fill_##name(Table<T>&);
FOR_EACH_KERNEL_FILE(DECLARE)

template <class T>
const Table<T>& table() {
  static const Table<T> filled = [] {
    Table<T> t{};
#define FILL(name) fill_##name(t);
    FOR_EACH_KERNEL_FILE(FILL)
    return t;
  }();
  return filled;
}

template const Table<float>& table();
template const Table<bf16>& table();
#if !defined(__CUDACC__)
template const Table<double>& table();
#endif

}  // namespace tandem::KERNEL_NAMESPACE
