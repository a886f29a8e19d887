// The CPU's GEMMs, each in the calling thread.
#pragma once
#include "engine/device/device.h"

namespace tandem {

void gemm_onednn(const Gemm<float>& gemm);

// A plain loop blocked for the cache: double's GEMM, and the oracle of the fast ones.
template <class T>
void gemm_reference(const Gemm<T>& gemm);

}  // namespace tandem
