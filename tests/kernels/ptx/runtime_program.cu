// A CUDA program as any other, linked against the stand-in for the runtime library.
#include "runtime_program.h"

namespace {

constexpr int kThreads = 128;

__constant__ float coefficients[4];
__device__ int counter;

template <class T>
__global__ void axpy(int n, T a, const T* x, T* y) {
  const int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i >= n) return;
  y[i] = a * x[i] + y[i] + coefficients[i & 3];
  atomicAdd(&counter, 1);
}

__global__ void reverse(float* x, int n) {
  extern __shared__ float copy[];
  copy[threadIdx.x] = x[threadIdx.x];
  __syncthreads();
  x[threadIdx.x] = copy[n - 1 - threadIdx.x];
}

__global__ void nothing() {}

__global__ void fill(int n, float value, float* x) {
  const int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i < n) x[i] = value;
}

__global__ void double_it(int n, const float* x, float* y) {
  const int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i < n) y[i] = 2 * x[i];
}

int blocks(int n) { return (n + kThreads - 1) / kThreads; }

}  // namespace

void launch_axpy(cudaStream_t stream, int n, float a, const float* x, float* y) {
  axpy<<<blocks(n), kThreads, 0, stream>>>(n, a, x, y);
}
cudaError_t set_coefficients(const float* four) { return cudaMemcpyToSymbol(coefficients, four, 4 * sizeof(float)); }
cudaError_t get_counter(int* value) { return cudaMemcpyFromSymbol(value, counter, sizeof(int)); }

void launch_reverse(int n, float* x) { reverse<<<1, n, n * sizeof(float)>>>(x, n); }
cudaError_t launch_with_shared(size_t bytes) {
  cudaGetLastError();  // of earlier calls
  nothing<<<1, 32, bytes>>>();
  return cudaGetLastError();
}
cudaError_t allow_shared(int bytes) {
  return cudaFuncSetAttribute(nothing, cudaFuncAttributeMaxDynamicSharedMemorySize, bytes);
}

void launch_fill(cudaStream_t stream, int n, float value, float* x) {
  fill<<<blocks(n), kThreads, 0, stream>>>(n, value, x);
}
void launch_double(cudaStream_t stream, int n, const float* x, float* y) {
  double_it<<<blocks(n), kThreads, 0, stream>>>(n, x, y);
}
