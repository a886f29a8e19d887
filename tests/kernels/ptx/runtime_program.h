// The launches of runtime_program.cu, which nvcc compiles, for test_runtime.cpp, which it does not.
#pragma once
#include <cuda_runtime_api.h>

// y = a x + y + coefficient[i % 4], and counts the elements in a device variable.
void launch_axpy(cudaStream_t stream, int n, float a, const float* x, float* y);
cudaError_t set_coefficients(const float* four);
cudaError_t get_counter(int* counter);

void launch_reverse(int n, float* x);  // in dynamic shared memory
cudaError_t launch_with_shared(size_t bytes);
cudaError_t allow_shared(int bytes);

void launch_fill(cudaStream_t stream, int n, float value, float* x);       // x = value
void launch_double(cudaStream_t stream, int n, const float* x, float* y);  // y = 2 x
