// The CUDA half of kernels/kernel.h: what the words and the launch are under nvcc.
#pragma once
#include <cuda_runtime.h>

#include <stdexcept>
#include <string>

#include "kernels/table.h"

#define UNROLL _Pragma("unroll")
// Dynamic shared memory, typed. (A plain `extern __shared__ T x[]` can be neither a template's nor imitated on the
// host.)
#define DYNAMIC_SHARED(T, name)                                          \
  extern __shared__ __align__(16) unsigned char tandem_dynamic_shared[]; \
  T* name = reinterpret_cast<T*>(tandem_dynamic_shared)

namespace tandem::cuda {

struct Launch {
  dim3 grid, block;
  size_t shared_bytes = 0;
  Stream stream = nullptr;  // a cudaStream_t
};

// The largest tile of a block (kernels/tiles.h): a line of the cache of each of 8 x 8 pixels, when a thread takes 16
// bytes. More than 64 rows no block can have.
constexpr int kTileBytes = 128, kTileRows = 64, kTileThreads = 512;

template <auto kernel>
struct Kernel;

template <class... Parameters, void (*kernel)(Parameters...)>
struct Kernel<kernel> {
  static void launch(const Launch& l, Parameters... parameters) {
    constexpr size_t kUnasked = 48 * 1024;  // more shared memory than this has to be asked for
    if (l.shared_bytes > kUnasked) {
      check(cudaFuncSetAttribute(kernel, cudaFuncAttributeMaxDynamicSharedMemorySize, int(l.shared_bytes)));
    }
    kernel<<<l.grid, l.block, l.shared_bytes, static_cast<cudaStream_t>(l.stream)>>>(parameters...);
    check(cudaGetLastError());
  }

 private:
  static void check(cudaError_t error) {
    if (error != cudaSuccess) {
      throw std::runtime_error(std::string("kernel launch: ") + cudaGetErrorString(error) + " in " +
                               __PRETTY_FUNCTION__);
    }
  }
};

}  // namespace tandem::cuda
