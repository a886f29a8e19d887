// Kernels that use what Tandem's own use, and more: test_operators.cpp compares each with a reference on the host.
#include <cuda_bf16.h>
#include <cuda_runtime.h>
#include <stdint.h>

extern "C" __global__ void saxpy(int n, float a, const float* __restrict__ x, float* __restrict__ y) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i < n) y[i] = a * x[i] + y[i];
}

extern "C" __global__ void block_reduce(const float* x, float* out, int n) {
  __shared__ float s[256];
  int t = threadIdx.x;
  float v = 0.f;
  for (int i = blockIdx.x * blockDim.x + t; i < n; i += gridDim.x * blockDim.x) v += x[i];
  s[t] = v;
  __syncthreads();
  for (int k = blockDim.x / 2; k > 0; k >>= 1) {
    if (t < k) s[t] += s[t + k];
    __syncthreads();
  }
  if (t == 0) out[blockIdx.x] = s[0];
}

__device__ __forceinline__ float warp_sum_xor(float v) {
#pragma unroll
  for (int o = 16; o; o >>= 1) v += __shfl_xor_sync(0xffffffffu, v, o);
  return v;
}
extern "C" __global__ void warp_reduce(const float* x, float* o_xor, float* o_down, unsigned* o_ballot, int n) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  float v = i < n ? x[i] : 0.f;
  float a = warp_sum_xor(v);
  float b = v;
  for (int o = 16; o; o >>= 1) b += __shfl_down_sync(0xffffffffu, b, o);
  unsigned m = __ballot_sync(0xffffffffu, v > 0.5f);
  int lane = threadIdx.x & 31, w = i >> 5;
  float c = __shfl_sync(0xffffffffu, v, (lane + 3) & 31);
  float d = __shfl_up_sync(0xffffffffu, v, 1);
  if (lane == 0) {
    o_xor[w] = a;
    o_down[w] = b;
    o_ballot[w] = m;
  }
  if (i < n) o_xor[n + i] = c + 2.f * d;
}

// N,C,H,W -> cols[N][C*KH*KW][OH*OW]
extern "C" __global__ void im2col(const float* __restrict__ im, float* __restrict__ col, int C, int H, int W, int KH,
                                  int KW, int stride, int pad, int OH, int OW, long long total) {
  long long idx = (long long)blockIdx.x * blockDim.x + threadIdx.x;
  for (; idx < total; idx += (long long)gridDim.x * blockDim.x) {
    int ow = idx % OW;
    long long t = idx / OW;
    int oh = (int)(t % OH);
    t /= OH;
    int kw = (int)(t % KW);
    t /= KW;
    int kh = (int)(t % KH);
    t /= KH;
    int c = (int)(t % C);
    int n = (int)(t / C);
    int h = oh * stride - pad + kh, w = ow * stride - pad + kw;
    float v = 0.f;
    if ((unsigned)h < (unsigned)H && (unsigned)w < (unsigned)W) v = im[(((long long)n * C + c) * H + h) * W + w];
    col[idx] = v;
  }
}
extern "C" __global__ void idiv32(const int* a, const int* b, int* q, int* r, unsigned* uq, unsigned* ur, int* q7,
                                  int n) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i >= n) return;
  int x = a[i], y = b[i];
  q[i] = x / y;
  r[i] = x % y;
  uq[i] = (unsigned)x / (unsigned)y;
  ur[i] = (unsigned)x % (unsigned)y;
  q7[i] = x / 7 + x % 55;
}

extern "C" __global__ void copy4(const float4* __restrict__ x, float4* __restrict__ y, float s, int n4) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i < n4) {
    float4 v = __ldg(x + i);
    v.x *= s;
    v.y = fmaxf(v.y, 0.f);
    v.z = fminf(v.z, 1.f);
    v.w = fabsf(v.w) - 1.f;
    y[i] = v;
  }
}

// out[k*n+i]
extern "C" __global__ void mathk(const float* x, const float* y, float* o, int n) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i >= n) return;
  float a = x[i], b = y[i];
  o[0 * n + i] = expf(a);
  o[1 * n + i] = __expf(a);
  o[2 * n + i] = logf(b);
  o[3 * n + i] = __logf(b);
  o[4 * n + i] = powf(b, a);
  o[5 * n + i] = __powf(b, a);
  o[6 * n + i] = sqrtf(b);
  o[7 * n + i] = rsqrtf(b);
  o[8 * n + i] = a / b;
  o[9 * n + i] = __fdividef(a, b);
  o[10 * n + i] = 1.0f / b;
  o[11 * n + i] = tanhf(a);
  o[12 * n + i] = sinf(a);
  o[13 * n + i] = cosf(a);
  o[14 * n + i] = powf(b, -0.75f);
  o[15 * n + i] = log1pf(b);
  o[16 * n + i] = floorf(a) + rintf(b);
  o[17 * n + i] = erff(a);
  o[18 * n + i] = sinf(a * 1e6f);  // Payne-Hanek slow path: local memory
  o[19 * n + i] = fmodf(b, 0.37f);
  o[20 * n + i] = __sinf(a);
  o[21 * n + i] = exp2f(a) + log2f(b);
}
extern "C" __global__ void mathd(const double* x, double* o, int n) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i >= n) return;
  double a = x[i];
  o[0 * n + i] = exp(-a * a);
  o[1 * n + i] = log(a * a + 1e-3);
  o[2 * n + i] = a / 3.0 + sqrt(fabs(a));
  o[3 * n + i] = (double)(float)a + (double)(int)a + (double)(long long)(a * 1e6);
}

struct U4 {
  uint32_t x, y, z, w;
};
__device__ __forceinline__ U4 philox(U4 c, uint32_t k0, uint32_t k1) {
#pragma unroll
  for (int r = 0; r < 10; r++) {
    uint32_t h0 = __umulhi(0xD2511F53u, c.x), l0 = 0xD2511F53u * c.x;
    uint64_t p1 = (uint64_t)0xCD9E8D57u * c.z;
    uint32_t h1 = (uint32_t)(p1 >> 32), l1 = (uint32_t)p1;
    c = U4{h1 ^ c.y ^ k0, l1, h0 ^ c.w ^ k1, l0};
    k0 += 0x9E3779B9u;
    k1 += 0xBB67AE85u;
  }
  return c;
}
extern "C" __global__ void philoxk(uint64_t seed, uint64_t offset, uint32_t* o, float* u, int n) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i >= n) return;
  U4 r = philox(U4{(uint32_t)(i + offset), (uint32_t)((i + offset) >> 32), 7u, 9u}, (uint32_t)seed,
                (uint32_t)(seed >> 32));
  reinterpret_cast<uint4*>(o)[i] = make_uint4(r.x, r.y, r.z, r.w);
  u[i] = (r.x >> 8) * (1.0f / 16777216.0f);
}

extern "C" __global__ void hist_atomic(const int* lab, const float* w, float* bins, int* cnt, unsigned long long* big,
                                       int* mx, int n) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i < n) {
    atomicAdd(bins + lab[i], w[i]);
    int old = atomicAdd(cnt + lab[i], 1);
    atomicMax(mx, lab[i] + old);
    atomicAdd(big, (unsigned long long)i);
  }
}
extern "C" __global__ void cas_max(const float* x, float* m, int n) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i >= n) return;
  int* p = (int*)m;
  int old = *p, as;
  do {
    as = old;
    if (__int_as_float(as) >= x[i]) break;
    old = atomicCAS(p, as, __float_as_int(x[i]));
  } while (old != as);
}

extern "C" __global__ void dyn_transpose(const float* in, float* out, int R, int Cc) {
  extern __shared__ float t[];
  int bx = blockIdx.x * 32, by = blockIdx.y * 32;
  for (int j = threadIdx.y; j < 32; j += blockDim.y)
    if (by + j < R && bx + threadIdx.x < Cc) t[j * 33 + threadIdx.x] = in[(size_t)(by + j) * Cc + bx + threadIdx.x];
  __syncthreads();
  for (int j = threadIdx.y; j < 32; j += blockDim.y)
    if (bx + j < Cc && by + threadIdx.x < R) out[(size_t)(bx + j) * R + by + threadIdx.x] = t[threadIdx.x * 33 + j];
}

template <int BM, int BN, int BK, int TM, int TN, bool RELU>
__global__ void gemm_t(int M, int N, int K, const float* __restrict__ A, const float* __restrict__ B,
                       float* __restrict__ Cm) {
  __shared__ float As[BK][BM], Bs[BK][BN];
  constexpr int NT = (BM / TM) * (BN / TN);
  int tx = threadIdx.x % (BN / TN), ty = threadIdx.x / (BN / TN);
  float acc[TM][TN] = {};
  int m0 = blockIdx.y * BM, n0 = blockIdx.x * BN;
  for (int k0 = 0; k0 < K; k0 += BK) {
    for (int i = threadIdx.x; i < BM * BK; i += NT) {
      int m = i / BK, k = i % BK;
      As[k][m] = (m0 + m < M && k0 + k < K) ? A[(size_t)(m0 + m) * K + k0 + k] : 0.f;
    }
    for (int i = threadIdx.x; i < BN * BK; i += NT) {
      int k = i / BN, n = i % BN;
      Bs[k][n] = (n0 + n < N && k0 + k < K) ? B[(size_t)(k0 + k) * N + n0 + n] : 0.f;
    }
    __syncthreads();
#pragma unroll
    for (int k = 0; k < BK; k++) {
      float a[TM], b[TN];
      for (int i = 0; i < TM; i++) a[i] = As[k][ty * TM + i];
      for (int j = 0; j < TN; j++) b[j] = Bs[k][tx * TN + j];
#pragma unroll
      for (int i = 0; i < TM; i++)
#pragma unroll
        for (int j = 0; j < TN; j++) acc[i][j] += a[i] * b[j];
    }
    __syncthreads();
  }
  for (int i = 0; i < TM; i++)
    for (int j = 0; j < TN; j++) {
      int m = m0 + ty * TM + i, n = n0 + tx * TN + j;
      if (m < M && n < N) {
        float v = acc[i][j];
        Cm[(size_t)m * N + n] = RELU ? (v > 0.f ? v : 0.f) : v;
      }
    }
}
template __global__ void gemm_t<32, 32, 8, 4, 4, true>(int, int, int, const float*, const float*, float*);
template __global__ void gemm_t<64, 64, 8, 4, 4, false>(int, int, int, const float*, const float*, float*);

extern "C" __global__ void bf16k(const float* x, __nv_bfloat16* o, float* back, __nv_bfloat162* o2, float* mul, int n) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i >= n) return;
  __nv_bfloat16 h = __float2bfloat16(x[i]);
  o[i] = h;
  back[i] = __bfloat162float(h);
  o2[i] = __floats2bfloat162_rn(x[i], x[(i + 1) % n]);
  mul[i] = __bfloat162float(h * __float2bfloat16(1.5f));
}

__constant__ float ctab[16] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
__device__ int gcount;
struct P {
  int a;
  float b;
  const float* p;
  short s[3];
};
extern "C" __global__ void misc(P p, int* o, int n) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i >= n) return;
  int v = (int)(ctab[i & 15] * p.b) + p.a + p.s[i % 3];
  v += __popc(i) + __clz(i | 1) + __ffs(i) + (int)__brev(i);
  v ^= __byte_perm(i, v, 0x5410);
  v += (i & 1) ? (int)p.p[i] : min(i, 17) - max(i, 3);
  switch (i % 6) {
    case 0:
      v += 3;
      break;
    case 1:
      v *= 7;
      break;
    case 2:
      v -= 100;
      break;
    case 3:
      v ^= 0x55;
      break;
    case 4:
      v = ~v;
      break;
    default:
      v += i;
  }
  atomicAdd(&gcount, 1);
  o[i] = v + abs(v >> 3);
}
