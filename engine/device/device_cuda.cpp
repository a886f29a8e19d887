// The GPU. Everything here is unmeasured: no machine of this project has one (see docs/architecture.md).
#include <cublas_v2.h>
#include <cuda_runtime_api.h>

#include "engine/core/error.h"
#include "engine/device/cuda_cut.h"
#include "engine/device/device.h"
#include "engine/device/memory_budget.h"

namespace tandem {
namespace {

void check(cudaError_t status, const char* expression) {
  if (status != cudaSuccess) throw Error(expression, cudaGetErrorString(status));
}
void check(cublasStatus_t status, const char* expression) {
  if (status != CUBLAS_STATUS_SUCCESS) throw Error(expression, cublasGetStatusString(status));
}
#define CHECK(expression) check(expression, #expression)

// What cuBLAS and Thrust may take for themselves: cuBLAS's own figure for its workspace is 32 MiB at most.
constexpr size_t kLibraries = size_t(64) << 20;

struct DestroyStream {
  void operator()(cudaStream_t stream) const { cudaStreamDestroy(stream); }
};
struct DestroyEvent {
  void operator()(cudaEvent_t event) const { cudaEventDestroy(event); }
};
struct DestroyCublas {
  void operator()(cublasHandle_t handle) const { cublasDestroy(handle); }
};

class CudaDevice final : public Device {
 public:
  CudaDevice(int index, const DeviceOptions& options) : index_(index), budget_(options.memory) {
    CHECK(cudaSetDevice(index));
    CHECK(cudaGetDeviceProperties(&properties_, index));
    for (auto* owner : {&stream_, &copies_}) {
      cudaStream_t stream = nullptr;
      CHECK(cudaStreamCreateWithFlags(&stream, cudaStreamNonBlocking));
      owner->reset(stream);
    }
    cudaEvent_t event = nullptr;
    CHECK(cudaEventCreateWithFlags(&event, cudaEventDisableTiming));
    copied_.reset(event);
    cublasHandle_t handle = nullptr;
    CHECK(cublasCreate(&handle));
    cublas_.reset(handle);
    CHECK(cublasSetStream(handle, stream_.get()));
    CHECK(cublasSetMathMode(handle, CUBLAS_PEDANTIC_MATH));  // plain float32, the same algorithm for the same shape
  }

  std::string description() const override {
    return "cuda:" + std::to_string(index_) + ", " + properties_.name + ", sm_" + std::to_string(properties_.major) +
           std::to_string(properties_.minor);
  }
  int threads() const override { return 1; }

  std::shared_ptr<std::byte> allocate(size_t bytes) override {
    void* memory = nullptr;
    const size_t padded = (std::max<size_t>(bytes, 1) + 63) / 64 * 64;
    const bool allowed = bytes <= budget_.left(bytes);
    if (!allowed || cudaMalloc(&memory, padded) != cudaSuccess) {
      cudaGetLastError();  // an allocation that failed is not a lasting error
      throw Error("cudaMalloc",
                  std::to_string(padded >> 20) + " MiB are wanted, " + std::to_string(available_bytes() >> 20) +
                      " MiB are free on " + description(),
                  "use a smaller --batch");
    }
    const auto result = budget_.charge({static_cast<std::byte*>(memory), [](std::byte* p) { cudaFree(p); }}, bytes);
    // Kernels read the padding, in whole vectors: tools that look for reads of unwritten memory should find none.
    if (padded > bytes) CHECK(cudaMemsetAsync(result.get() + bytes, 0, padded - bytes, stream_.get()));
    return result;
  }
  size_t available_bytes() const override {
    size_t free = 0, total = 0;
    CHECK(cudaMemGetInfo(&free, &total));
    return budget_.left(free - std::min(free, kLibraries));
  }
  void upload(void* to, const void* from, size_t bytes) override {
    CHECK(cudaMemcpyAsync(to, from, bytes, cudaMemcpyHostToDevice, stream_.get()));
    synchronize();  // the caller may change `from` at once
  }
  void download(void* to, const void* from, size_t bytes) override {
    CHECK(cudaMemcpyAsync(to, from, bytes, cudaMemcpyDeviceToHost, stream_.get()));
    synchronize();
  }
  void copy(void* to, const void* from, size_t bytes) override {
    CHECK(cudaMemcpyAsync(to, from, bytes, cudaMemcpyDeviceToDevice, stream_.get()));
  }
  void synchronize() override { CHECK(cudaStreamSynchronize(stream_.get())); }
  Stream stream() override { return stream_.get(); }

  void copy_beside(void* to, const void* from, size_t bytes) override {
    CHECK(cudaMemcpyAsync(to, from, bytes, cudaMemcpyHostToDevice, copies_.get()));
  }
  void kernels_wait_for_copies() override {
    CHECK(cudaEventRecord(copied_.get(), copies_.get()));
    CHECK(cudaStreamWaitEvent(stream_.get(), copied_.get(), 0));
  }
  void finish_copies() override { CHECK(cudaStreamSynchronize(copies_.get())); }
  std::shared_ptr<void> pin(void* memory, size_t bytes) override {
    if (cudaHostRegister(memory, bytes, cudaHostRegisterDefault) == cudaSuccess)
      return {memory, [](void* p) { cudaHostUnregister(p); }};
    cudaGetLastError();  // a limit on locked memory is no reason to stop: copies are slower
    return nullptr;
  }

  void reserve_workspace(std::span<const size_t> bytes_of_lanes) override { reserve(bytes_of_lanes[0]); }

  void for_tiles(long count, size_t workspace_bytes, const std::function<void(long, const Lane&)>& work) override {
    reserve(workspace_bytes);
    for (long tile = 0; tile < count; ++tile) work(tile, {stream_.get(), workspace_.get()});
  }

  // cuBLAS is column-major: a row-major C = A B is its C^T = B^T A^T, so the operands change places.
  void gemm(const Lane&, const Gemm<float>& g) override {
    const float one = 1;
    CHECK(cublasSgemm(cublas_.get(), g.transpose_b ? CUBLAS_OP_T : CUBLAS_OP_N,
                      g.transpose_a ? CUBLAS_OP_T : CUBLAS_OP_N, int(g.n), int(g.m), int(g.k), &one, g.b, int(g.ldb),
                      g.a, int(g.lda), &g.beta, g.c, int(g.ldc)));
  }
  void gemm(const Lane&, const Gemm<double>&) override { no_double(); }
  void gemm(const Lane&, const Gemm<bf16>& g) override { gemm_of_bf16(g, CUDA_R_16BF); }
  void gemm(const Lane&, const Gemm<bf16, float>& g) override { gemm_of_bf16(g, CUDA_R_32F); }
  bool multiplies_bf16() const override { return properties_.major >= 8; }

  bool wants_plain_b() const override { return false; }
  size_t tile_bytes() const override { return kCudaTileBytes; }
  int partial_sums() const override { return kCudaPartialSums; }

 protected:
  const Table<float>& float_kernels() const override { return cuda::table<float>(); }
  const Table<double>& double_kernels() const override { no_double(); }
  const Table<bf16>& bf16_kernels() const override { return cuda::table<bf16>(); }

 private:
  template <class Result>
  void gemm_of_bf16(const Gemm<bf16, Result>& g, cudaDataType_t result) {
    const float one = 1;
    CHECK(cublasGemmEx(cublas_.get(), g.transpose_b ? CUBLAS_OP_T : CUBLAS_OP_N,
                       g.transpose_a ? CUBLAS_OP_T : CUBLAS_OP_N, int(g.n), int(g.m), int(g.k), &one, g.b, CUDA_R_16BF,
                       int(g.ldb), g.a, CUDA_R_16BF, int(g.lda), &g.beta, g.c, result, int(g.ldc), CUBLAS_COMPUTE_32F,
                       CUBLAS_GEMM_DEFAULT));
  }

  void reserve(size_t workspace_bytes) {
    if (workspace_bytes <= workspace_bytes_) return;
    synchronize();  // queued work may still use the old one
    workspace_.reset();
    workspace_ = allocate(workspace_bytes);
    workspace_bytes_ = workspace_bytes;
  }

  [[noreturn]] static void no_double() {
    throw UsageError("--device cuda", "double precision runs on the CPU only", "use --device cpu");
  }

  int index_;
  cudaDeviceProp properties_{};
  std::unique_ptr<CUstream_st, DestroyStream> stream_, copies_;
  std::unique_ptr<CUevent_st, DestroyEvent> copied_;
  std::unique_ptr<cublasContext, DestroyCublas> cublas_;
  MemoryBudget budget_;
  std::shared_ptr<std::byte> workspace_;
  size_t workspace_bytes_ = 0;
};

}  // namespace

int cuda_device_count() {
  int count = 0;
  if (cudaGetDeviceCount(&count) != cudaSuccess) {
    cudaGetLastError();
    return 0;  // no driver or no device: the same to us
  }
  return count;
}

std::unique_ptr<Device> open_cuda(int index, const DeviceOptions& options) {
  const int count = cuda_device_count();
  if (index >= count)
    throw UsageError("--device cuda:" + std::to_string(index),
                     count == 0 ? "there is no CUDA device on this machine"
                                : "there are only " + std::to_string(count) + " CUDA devices",
                     "use --device cpu or auto");
  return std::make_unique<CudaDevice>(index, options);
}

}  // namespace tandem
