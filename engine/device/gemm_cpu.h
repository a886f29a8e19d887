// The CPU's GEMMs, each in the calling thread.
#pragma once
#include "engine/device/device.h"

namespace tandem {

void gemm_onednn(const Gemm<float>& gemm);
std::string onednn_version();  // "2.6.3"

// Does oneDNN see the instructions that multiply pairs of bf16 (avx512_bf16, or better)?
bool has_bf16_dot_products();

// In oneDNN's bf16 where the processor has it, else in float: there what oneDNN makes of bf16 is slower than to widen
// the operands. Result is bf16 or float.
template <class Result>
void gemm_bf16(const Gemm<bf16, Result>& gemm);
template <class Result>
void gemm_bf16_onednn(const Gemm<bf16, Result>& gemm);
template <class Result>
void gemm_bf16_widened(const Gemm<bf16, Result>& gemm);

// A plain loop blocked for the cache: double's GEMM, and the oracle of the fast ones.
template <class T>
void gemm_reference(const Gemm<T>& gemm);

}  // namespace tandem
