// Kernels that use the less common parts of CUDA, for test_features.cpp.
#include <cooperative_groups.h>
#include <cooperative_groups/reduce.h>
#include <cuda_bf16.h>
#include <cuda_fp16.h>
#include <cuda_pipeline.h>
#include <cstdio>
namespace cg = cooperative_groups;
__device__ __noinline__ float helper(float a, int n, float* out) {
  float s = 0;
  for (int i = 0; i < n; i++) s += a * i;
  *out = s + 1;
  return s;
}
__device__ __noinline__ float4 vec4(float4 a, float s) { return make_float4(a.x * s, a.y + s, a.z - s, a.w); }
extern "C" __global__ void k_call(const float* x, float* y) {
  int t = threadIdx.x;
  float o;
  float r = (t & 1) ? helper(x[t], t, &o) : helper(x[t], 3, &o);
  float4 v = vec4(make_float4(r, o, x[t], 1), 2.f);
  y[t] = v.x + v.y + v.z + v.w;
}
extern "C" __global__ void k_printf(const float* x) {
  if (threadIdx.x < 2) printf("thread %d x=%.3f %s %lld\n", threadIdx.x, x[threadIdx.x], "str", 1ll << 40);
}
extern "C" __global__ void k_switch(const int* x, int* y) {
  int t = threadIdx.x, v = x[t], r;
  switch (v) {
    case 0:
      r = t * 3;
      break;
    case 1:
      r = t - 7;
      break;
    case 2:
      r = t * t;
      break;
    case 3:
      r = t ^ 21;
      break;
    case 4:
      r = ~t;
      break;
    case 5:
      r = t << 2;
      break;
    case 6:
      r = t / 3;
      break;
    case 7:
      r = t % 5;
      break;
    case 8:
      r = 100;
      break;
    default:
      r = -1;
  }
  y[t] = r;
}
extern "C" __global__ void k_cg(const float* x, float* y) {
  auto b = cg::this_thread_block();
  auto w = cg::tiled_partition<32>(b);
  auto q = cg::tiled_partition<8>(b);
  float s = cg::reduce(w, x[threadIdx.x], cg::plus<float>());
  float p = q.shfl_xor(x[threadIdx.x], 3);
  b.sync();
  y[threadIdx.x] = s + p * 2 + q.thread_rank();
}
extern "C" __global__ void k_warp(const int* x, int* y) {
  int t = threadIdx.x, v = x[t];
  unsigned m = __match_any_sync(~0u, v & 3);
  int a = __popc(m);
  a += __any_sync(~0u, v > 90) * 1000 + __all_sync(~0u, v >= 0) * 10000;
  a += (int)__reduce_max_sync(~0u, v) * 7 + __reduce_add_sync(~0u, v);
  unsigned long long d = __shfl_xor_sync(~0u, (unsigned long long)v << 33 | t, 5);
  y[t] = a + (int)(d >> 33) + (int)d;
}
extern "C" __global__ void k_half(const float* x, float* y, __half2* acc) {
  int t = threadIdx.x;
  __half h = __float2half(x[t]);
  __half2 a = __floats2half2_rn(x[t], x[t ^ 1]);
  a = __hfma2(a, a, __float2half2_rn(0.25f));
  y[t] =
      __half2float(__hadd(h, __low2half(a))) + __half2float(__high2half(a)) + (__hgt(h, __float2half(0.f)) ? 100 : 0);
  atomicAdd(acc, __floats2half2_rn(1.f, 2.f));
}
extern "C" __global__ void k_cpasync(const float4* x, float4* y) {
  __shared__ float4 s[2][64];
  int t = threadIdx.x;
  for (int k = 0; k < 4; k++) {
    if (k == 0) {
      __pipeline_memcpy_async(&s[0][t], x + t, 16);
      __pipeline_commit();
    }
    if (k + 1 < 4) {
      __pipeline_memcpy_async(&s[(k + 1) & 1][t], x + (k + 1) * 64 + t, 16);
      __pipeline_commit();
      __pipeline_wait_prior(1);
    } else
      __pipeline_wait_prior(0);
    __syncthreads();
    float4 v = s[k & 1][63 - t];
    __syncthreads();
    y[k * 64 + t] = v;
  }
}
extern "C" __global__ void k_cpasync_bad(const float4* x, float4* y) {
  __shared__ float4 s[64];
  int t = threadIdx.x;
  __pipeline_memcpy_async(&s[t], x + t, 16);
  __pipeline_commit();
  __syncthreads();
  y[t] = s[63 - t];
}
extern "C" __global__ void __launch_bounds__(128) k_local(const float* x, float* y, int n) {
  float a[16];
  for (int i = 0; i < 16; i++) a[i] = x[threadIdx.x] * i;
  a[n & 15] += 5;
  float s = 0;
  for (int i = 0; i < 16; i++) s += a[(i * 7 + n) & 15] * i;
  y[threadIdx.x] = s;
}
extern "C" __global__ void k_lock(int* lock, int* c) {
  bool done = false;
  while (!done) {
    if (atomicCAS(lock, 0, 1) == 0) {
      *(volatile int*)c += 1;
      __threadfence();
      atomicExch(lock, 0);
      done = true;
    }
  }
}
__device__ unsigned int ticket;
extern "C" __global__ void k_last(const float* x, volatile float* part, float* out) {
  __shared__ bool last;
  __shared__ float s[128];
  int t = threadIdx.x;
  s[t] = x[blockIdx.x * 128 + t];
  __syncthreads();
  for (int k = 64; k; k >>= 1) {
    if (t < k) s[t] += s[t + k];
    __syncthreads();
  }
  if (t == 0) {
    part[blockIdx.x] = s[0];
    __threadfence();
    last = atomicAdd(&ticket, 1) == gridDim.x - 1;
  }
  __syncthreads();
  if (last && t == 0) {
    float v = 0;
    for (int i = 0; i < gridDim.x; i++) v += part[i];
    *out = v;
  }
}
