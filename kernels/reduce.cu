// A reduction whose result does not depend on the order, by Thrust: on the GPU its CUDA system on the caller's stream,
// on the host its sequential C++ system in the calling thread. (Thrust's sums of floats do depend on the grid and on
// the number of threads; sums are our own kernels, in a fixed order.) It reads its input once.
#include <thrust/execution_policy.h>
#include <thrust/logical.h>

#include <stdexcept>
#include <string>

#include "kernels/kernel.h"
#include "kernels/table.h"

namespace tandem::KERNEL_NAMESPACE {
namespace {

#if defined(__CUDACC__)
auto policy(Stream stream) { return thrust::cuda::par.on(static_cast<cudaStream_t>(stream)); }
#else
auto policy(Stream) { return thrust::cpp::par; }
#endif

template <class T>
struct IsFinite {
  TANDEM_HOST_DEVICE bool operator()(T x) const { return isfinite(static_cast<Compute<T>>(x)); }
};

// Runs a reduction. Thrust's own errors, of its copies and its temporary memory, do not say what it was doing.
template <class Reduction>
auto explained(const char* what, size_t n, Reduction reduction) {
  try {
    return reduction();
  } catch (const std::exception& error) {
    throw std::runtime_error(std::string(what) + " of " + std::to_string(n) + " elements, by Thrust: " + error.what());
  }
}

template <class T>
bool all_finite(Stream stream, const T* x, size_t n) {
  return explained("all_finite", n, [&] { return thrust::all_of(policy(stream), x, x + n, IsFinite<T>{}); });
}

}  // namespace

template <class T>
void fill_reduce(Table<T>& table) {
  table.all_finite = all_finite<T>;
}
TANDEM_INSTANTIATE(fill_reduce)

}  // namespace tandem::KERNEL_NAMESPACE
