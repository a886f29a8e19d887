#include <dnnl.h>
#include <omp.h>

#include <string>

#include "engine/core/error.h"
#include "engine/device/gemm_cpu.h"

namespace tandem {

void gemm_onednn(const Gemm<float>& g) {
  // Our own pool owns the threads. OpenMP keeps the number of threads per calling thread, so each worker says it once:
  // a second pool would spin against ours, and oneDNN gives other bits for another thread count.
  thread_local const bool single_threaded = [] {
    omp_set_num_threads(1);
    return true;
  }();
  static_cast<void>(single_threaded);
  const dnnl_status_t status = dnnl_sgemm(g.transpose_a ? 'T' : 'N', g.transpose_b ? 'T' : 'N', g.m, g.n, g.k, 1.0f,
                                          g.a, g.lda, g.b, g.ldb, g.beta, g.c, g.ldc);
  if (status != dnnl_success)
    throw Error("dnnl_sgemm", "failed with status " + std::to_string(int(status)) + " for " + std::to_string(g.m) +
                                  " x " + std::to_string(g.n) + " x " + std::to_string(g.k));
}

}  // namespace tandem
