#include <algorithm>
#include <vector>

#include "engine/device/gemm_cpu.h"

namespace tandem {

// Blocks of A and B are packed into contiguous memory, whatever their transposition; the innermost loop runs along a
// row of C. Sums are in the order of k.
template <class T>
void gemm_reference(const Gemm<T>& g) {
  constexpr long kBlockM = 64, kBlockN = 256, kBlockK = 128;
  std::vector<T> a(kBlockM * kBlockK), b(kBlockK * kBlockN);
  for (long n0 = 0; n0 < g.n; n0 += kBlockN)
    for (long k0 = 0; k0 < std::max(g.k, 1L); k0 += kBlockK) {
      const long n = std::min(kBlockN, g.n - n0), k = std::min(kBlockK, g.k - k0);
      for (long p = 0; p < k; ++p)
        for (long j = 0; j < n; ++j)
          b[p * n + j] = g.transpose_b ? g.b[(n0 + j) * g.ldb + k0 + p] : g.b[(k0 + p) * g.ldb + n0 + j];
      for (long m0 = 0; m0 < g.m; m0 += kBlockM) {
        const long m = std::min(kBlockM, g.m - m0);
        for (long i = 0; i < m; ++i)
          for (long p = 0; p < k; ++p)
            a[i * k + p] = g.transpose_a ? g.a[(k0 + p) * g.lda + m0 + i] : g.a[(m0 + i) * g.lda + k0 + p];
        for (long i = 0; i < m; ++i) {
          T* row = g.c + (m0 + i) * g.ldc + n0;
          if (k0 == 0 && g.beta == T(0)) std::fill(row, row + n, T(0));
          for (long p = 0; p < k; ++p) {
            const T value = a[i * k + p];
            const T* from = b.data() + p * n;
            for (long j = 0; j < n; ++j) row[j] += value * from[j];
          }
        }
      }
    }
}

template void gemm_reference(const Gemm<float>&);
template void gemm_reference(const Gemm<double>&);

}  // namespace tandem
