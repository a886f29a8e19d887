#include <dnnl.h>

#include <string>

#include "engine/core/error.h"
#include "engine/device/gemm_cpu.h"
#include "engine/device/single_thread.h"

namespace tandem {

void gemm_onednn(const Gemm<float>& g) {
  keep_onednn_single_threaded();
  const dnnl_status_t status = dnnl_sgemm(g.transpose_a ? 'T' : 'N', g.transpose_b ? 'T' : 'N', g.m, g.n, g.k, 1.0f,
                                          g.a, g.lda, g.b, g.ldb, g.beta, g.c, g.ldc);
  if (status != dnnl_success)
    throw Error("dnnl_sgemm", "failed with status " + std::to_string(int(status)) + " for " + std::to_string(g.m) +
                                  " x " + std::to_string(g.n) + " x " + std::to_string(g.k));
}

std::string onednn_version() {
  const dnnl_version_t* const version = dnnl_version();
  return std::to_string(version->major) + "." + std::to_string(version->minor) + "." + std::to_string(version->patch);
}

}  // namespace tandem
