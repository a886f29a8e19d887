// CUDA's words for a C++ compiler: qualifiers, indices, vector types, barriers, warps, integer atomics, arithmetic.
// Not here because no kernel of ours may use them: floating-point atomics (not deterministic), inline PTX, tensor
// cores, cooperative groups, spinning between blocks.
#pragma once
#include <cmath>
#include <cstdint>
#include <cstring>

#include "kernels/host/runtime.h"
#include "kernels/host/sanitizers.h"

// Thrust, included before kernels/kernel.h, defines some of these as nothing for a host compiler.
#undef __global__
#undef __device__
#undef __host__
#undef __forceinline__
#undef __constant__
#undef __shared__

// Internal linkage: a kernel and its launch share a file, and the compiler may inline it and drop the original.
#define __global__ __attribute__((unused)) static
#define __device__ __attribute__((always_inline)) inline
#define __host__
#define __forceinline__
#define __constant__ static const
#define __launch_bounds__(...)
#define __align__(bytes) __attribute__((aligned(bytes)))

// Static storage at block scope, a copy a worker, and so a copy a running block. It starts at zero, which CUDA's does
// not. AddressSanitizer puts red zones around plain statics only: there, blocks run one at a time (launch.cpp).
#if defined(__SANITIZE_ADDRESS__)
#define __shared__ static
#else
#define __shared__ thread_local
#endif
// Stands for `extern __shared__ T name[]`, which cannot be imitated.
#define DYNAMIC_SHARED(T, name) T* name = static_cast<T*>(::tandem::host::dynamic_shared())

// Loops of up to 16 turns become straight code. Not more: where the bound is not a constant after all, g++ unrolls by
// that number, and two such loops in each other would take minutes to compile.
#if defined(__clang__)
#define UNROLL _Pragma("unroll")
#else
#define UNROLL _Pragma("GCC unroll 16")
#endif

namespace tandem::host {

// --- indices
// Of internal linkage and never addressed: the compiler knows that no pointer can alias them and keeps them in
// registers. With `inline thread_local` or `extern` all kernels together took 1.8 times as long.
#if defined(__SANITIZE_THREAD__)  // to TSan every CUDA thread is a thread: it must not share these with the others
#define threadIdx (::tandem::host::current_indices().thread)
#define blockIdx (::tandem::host::current_indices().block)
#define blockDim (::tandem::host::current_indices().block_dim)
#define gridDim (::tandem::host::current_indices().grid_dim)
#else
namespace {
thread_local dim3 threadIdx, blockIdx, blockDim, gridDim;
}
#endif
inline constexpr int warpSize = 32;

// --- vector types
struct alignas(8) float2 {
  float x, y;
};
struct alignas(16) float4 {
  float x, y, z, w;
};
struct alignas(4) uchar4 {
  unsigned char x, y, z, w;
};
struct alignas(8) uint2 {
  unsigned x, y;
};
struct alignas(16) uint4 {
  unsigned x, y, z, w;
};
inline float2 make_float2(float x, float y) { return {x, y}; }
inline float4 make_float4(float x, float y, float z, float w) { return {x, y, z, w}; }
inline uint2 make_uint2(unsigned x, unsigned y) { return {x, y}; }
inline uint4 make_uint4(unsigned x, unsigned y, unsigned z, unsigned w) { return {x, y, z, w}; }

// --- barriers and warps. The hidden arguments name the place of the call in a diagnosis.
#define CALL_SITE const char *file = __builtin_FILE(), int line = __builtin_LINE()
namespace {

inline int thread_rank() { return threadIdx.x + blockDim.x * (threadIdx.y + blockDim.y * threadIdx.z); }
inline int lane_id() { return thread_rank() % warpSize; }

inline void __syncthreads(CALL_SITE) { barrier(file, line); }

inline void __syncwarp(unsigned mask = ~0u, CALL_SITE) { warp(WarpOperation::kSync, mask, 0, -1, file, line); }
inline unsigned __ballot_sync(unsigned mask, int predicate, CALL_SITE) {
  return static_cast<unsigned>(warp(WarpOperation::kBallot, mask, predicate != 0, -1, file, line));
}
inline int __any_sync(unsigned mask, int predicate, CALL_SITE) {
  return __ballot_sync(mask, predicate, file, line) != 0;
}
inline int __all_sync(unsigned mask, int predicate, CALL_SITE) {
  return __ballot_sync(mask, !predicate, file, line) == 0;
}

template <class T>
T shuffle(unsigned mask, T value, int source_lane, const char* file, int line) {
  static_assert(sizeof(T) <= sizeof(uint64_t), "a shuffle moves at most 8 bytes");
  uint64_t bits = 0;
  std::memcpy(&bits, &value, sizeof value);
  bits = warp(WarpOperation::kShuffle, mask, bits, source_lane, file, line);
  std::memcpy(&value, &bits, sizeof value);
  return value;
}
// A warp is cut into segments of `width` lanes, a power of two; who would read past its own segment keeps its value.
template <class T>
T __shfl_sync(unsigned mask, T value, int source, int width = warpSize, CALL_SITE) {
  const int lane = lane_id();
  return shuffle(mask, value, (lane & ~(width - 1)) | (source & (width - 1)), file, line);
}
template <class T>
T __shfl_down_sync(unsigned mask, T value, unsigned delta, int width = warpSize, CALL_SITE) {
  const int lane = lane_id(), source = lane + int(delta);
  return shuffle(mask, value, (lane & (width - 1)) + int(delta) < width ? source : lane, file, line);
}
template <class T>
T __shfl_up_sync(unsigned mask, T value, unsigned delta, int width = warpSize, CALL_SITE) {
  const int lane = lane_id(), source = lane - int(delta);
  return shuffle(mask, value, (lane & (width - 1)) >= int(delta) ? source : lane, file, line);
}
template <class T>
T __shfl_xor_sync(unsigned mask, T value, int lane_mask, int width = warpSize, CALL_SITE) {
  const int lane = lane_id(), source = lane ^ lane_mask;
  return shuffle(mask, value, (source & ~(width - 1)) == (lane & ~(width - 1)) ? source : lane, file, line);
}

}  // namespace
#undef CALL_SITE

// --- atomics, on integers only: sums of floats would depend on the order
inline int atomicAdd(int* p, int value) { return __atomic_fetch_add(p, value, __ATOMIC_RELAXED); }
inline unsigned atomicAdd(unsigned* p, unsigned value) { return __atomic_fetch_add(p, value, __ATOMIC_RELAXED); }
inline int atomicMax(int* p, int value) {
  int old = __atomic_load_n(p, __ATOMIC_RELAXED);
  while (old < value && !__atomic_compare_exchange_n(p, &old, value, true, __ATOMIC_RELAXED, __ATOMIC_RELAXED)) {
  }
  return old;
}

// --- arithmetic
using std::abs;
using std::exp;
using std::fma;
using std::isfinite;
using std::log;
using std::pow;
using std::sqrt;
using std::tanh;
template <class T>
T min(T a, T b) {
  return b < a ? b : a;
}
template <class T>
T max(T a, T b) {
  return a < b ? b : a;
}
inline float rsqrt(float x) { return 1.0f / std::sqrt(x); }
inline double rsqrt(double x) { return 1.0 / std::sqrt(x); }
inline float rsqrtf(float x) { return rsqrt(x); }
inline float __expf(float x) { return std::exp(x); }
inline float __logf(float x) { return std::log(x); }
inline float __powf(float x, float y) { return std::pow(x, y); }
inline float __fdividef(float a, float b) { return a / b; }
inline unsigned __umulhi(unsigned a, unsigned b) { return unsigned(uint64_t(a) * b >> 32); }
inline unsigned __float_as_uint(float x) { return __builtin_bit_cast(unsigned, x); }
inline float __uint_as_float(unsigned x) { return __builtin_bit_cast(float, x); }
inline int __popc(unsigned x) { return __builtin_popcount(x); }
inline int __ffs(int x) { return __builtin_ffs(x); }
template <class T>
T __ldg(const T* p) {
  return *p;
}

}  // namespace tandem::host
