// Kernels that are wrong, and some that look wrong and are not, for test_broken.cpp.
#include <cassert>
#include <cstdio>
__constant__ float constants[4];
extern "C" __global__ void bad_oob(float* x, int n) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i <= n) x[i] = i;
}
extern "C" __global__ void bad_race(float* x) {
  __shared__ float s[64];
  int t = threadIdx.x;
  s[t] = x[t];
  x[t] = s[63 - t];
}
extern "C" __global__ void bad_uninit(float* x) {
  __shared__ float s[64];
  int t = threadIdx.x;
  if (t & 1) s[t] = x[t];
  __syncthreads();
  x[t] = s[t];
}
extern "C" __global__ void bad_bar(float* x) {
  int t = threadIdx.x;
  if (t < 40) {
    __syncthreads();
    x[t] = 1;
  }
}
extern "C" __global__ void bad_gread(const float* x, float* y) {
  int t = threadIdx.x;
  y[t] = x[t];
}
extern "C" __global__ void bad_grace(float* x) { x[(blockIdx.x * blockDim.x + threadIdx.x) / 2] = threadIdx.x; }
extern "C" __global__ void strided(const float* x, float* y, int st) {
  __shared__ float s[1024];
  int t = threadIdx.x;
  s[t * st % 1024] = x[t * st];
  __syncthreads();
  y[t] = s[t * st % 1024];
}
extern "C" __global__ void bad_div(float* x) {
  int t = threadIdx.x;
  if (t & 1) {
    x[t] = 1;
    __syncthreads();
    x[t] = sinf(x[t]);
  } else {
    x[t] = 2;
    __syncthreads();
    x[t] = x[t] * 3;
  }
}
extern "C" __global__ void bad_shfl(float* x, float* y) {
  int t = threadIdx.x;
  float v = x[t];
  if (t < 16) v += __shfl_xor_sync(0xffffffffu, v, 16);
  y[t] = v;
}
extern "C" __global__ void bad_mis(float* x) {
  int t = threadIdx.x;
  *(float4*)(x + 4 * t + 1) = make_float4(1, 2, 3, 4);
}
extern "C" __global__ void bad_const(float* x) { *(volatile float*)(constants + (threadIdx.x & 3)) = x[threadIdx.x]; }
extern "C" __global__ void bad_soob(float* x, int n) {
  __shared__ float s[64];
  int t = threadIdx.x;
  s[t] = x[t];
  __syncthreads();
  s[t + n] = x[t];
  x[t] = s[t];
}
extern "C" __global__ void bad_trap(float* x) { assert(x[threadIdx.x] > 5); }
extern "C" __global__ void good_part(float* x, float* y) {
  int t = threadIdx.x;
  float v = x[t];
  if (t & 1) {
    unsigned m = __activemask();
    for (int o = 16; o > 1; o >>= 1) v += __shfl_xor_sync(m, v, o);
  }
  __syncthreads();
  y[t] = v;
}
extern "C" __global__ void good_syncw(float* x, float* y) {
  __shared__ float s[64];
  int t = threadIdx.x;
  s[t] = x[t];
  __syncwarp();
  float v = s[t ^ 1];
  __syncwarp();
  s[t] = v * 2;
  __syncwarp();
  y[t] = s[t ^ 3];
}
extern "C" __global__ void bad_wsync(float* x, float* y) {
  __shared__ volatile float s[64];
  int t = threadIdx.x;
  s[t] = x[t];
  y[t] = s[t ^ 1];
}
extern "C" __global__ void good_early(float* x, float* y, int n) {
  int t = threadIdx.x;
  float s = 0;
  for (int i = 0; i < t; i++) {
    if (i == 20) continue;
    if (i > 50) break;
    s += x[i];
  }
  __syncthreads();
  y[t] = s;
}
