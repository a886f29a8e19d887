// The stand-in for cuBLAS: what it computes, what it refuses, and what it finds.
#include <cublas_v2.h>
#include <cuda_runtime.h>

#include <catch2/catch.hpp>
#include <vector>

#include "kernels/bf16.h"
#include "kernels/ptx/runtime/control.h"

namespace tandem::ptx::runtime {
namespace {

struct DeviceMatrix {
  explicit DeviceMatrix(size_t count) { REQUIRE(cudaMalloc(&data, count * sizeof(float)) == cudaSuccess); }
  explicit DeviceMatrix(const std::vector<float>& values) : DeviceMatrix(values.size()) {
    REQUIRE(cudaMemcpy(data, values.data(), values.size() * sizeof(float), cudaMemcpyHostToDevice) == cudaSuccess);
  }
  ~DeviceMatrix() { cudaFree(data); }
  DeviceMatrix(const DeviceMatrix&) = delete;
  DeviceMatrix& operator=(const DeviceMatrix&) = delete;
  std::vector<float> values(size_t count) const {
    std::vector<float> result(count);
    REQUIRE(cudaMemcpy(result.data(), data, count * sizeof(float), cudaMemcpyDeviceToHost) == cudaSuccess);
    return result;
  }
  float* data = nullptr;
};

struct Cublas {
  Cublas() {
    Settings settings;
    settings.print_problems = false;
    configure(settings);
    REQUIRE(cublasCreate(&handle) == CUBLAS_STATUS_SUCCESS);
  }
  ~Cublas() {
    if (handle) cublasDestroy(handle);
    configure({});
  }
  cublasHandle_t handle = nullptr;
  const float one = 1, zero = 0;
};

const auto N = CUBLAS_OP_N, T = CUBLAS_OP_T;

TEST_CASE_METHOD(Cublas, "cublasSgemm multiplies column-major matrices, transposed or not", "[ptx][runtime]") {
  // A = [1 2 3; 4 5 6], B = [1 0; 2 1; 0 3], so that A B = [5 11; 14 23].
  const DeviceMatrix a({1, 4, 2, 5, 3, 6}), a_transposed({1, 2, 3, 4, 5, 6});
  const DeviceMatrix b({1, 2, 0, 0, 1, 3}), b_transposed({1, 0, 2, 1, 0, 3});
  const std::vector<float> expected = {5, 14, 11, 23};
  const DeviceMatrix c(4);
  CHECK(cublasSgemm(handle, N, N, 2, 2, 3, &one, a.data, 2, b.data, 3, &zero, c.data, 2) == CUBLAS_STATUS_SUCCESS);
  CHECK(c.values(4) == expected);
  CHECK(cublasSgemm(handle, T, N, 2, 2, 3, &one, a_transposed.data, 3, b.data, 3, &zero, c.data, 2) ==
        CUBLAS_STATUS_SUCCESS);
  CHECK(c.values(4) == expected);
  CHECK(cublasSgemm(handle, N, T, 2, 2, 3, &one, a.data, 2, b_transposed.data, 2, &zero, c.data, 2) ==
        CUBLAS_STATUS_SUCCESS);
  CHECK(c.values(4) == expected);
  CHECK(cublasSgemm(handle, T, T, 2, 2, 3, &one, a_transposed.data, 3, b_transposed.data, 2, &one, c.data, 2) ==
        CUBLAS_STATUS_SUCCESS);
  CHECK(c.values(4) == std::vector<float>{10, 28, 22, 46});
}

TEST_CASE_METHOD(Cublas, "cublasGemmEx multiplies bf16 and sums in float", "[ptx][runtime]") {
  const auto rounded = [](std::vector<float> values) {  // two of bf16 in a float's place
    if (values.size() % 2 == 1) values.push_back(0);
    std::vector<float> packed(values.size() / 2);
    for (size_t i = 0; i < values.size(); ++i) reinterpret_cast<bf16*>(packed.data())[i] = bf16(values[i]);
    return packed;
  };
  // A = [1 2 3; 4 5 6.03125], B = [1 0; 2 1; 0 33], so that A B = [5 101; 14 204.03125]. In bf16 6.03125 and 204.03125
  // are 6.03125 and 204.
  const DeviceMatrix a(rounded({1, 4, 2, 5, 3, 6.03125F})), b(rounded({1, 2, 0, 0, 1, 33})), c(4);
  const auto gemm = [&](cudaDataType result, const float* beta) {
    return cublasGemmEx(handle, N, N, 2, 2, 3, &one, a.data, CUDA_R_16BF, 2, b.data, CUDA_R_16BF, 3, beta, c.data,
                        result, 2, CUBLAS_COMPUTE_32F, CUBLAS_GEMM_DEFAULT);
  };
  CHECK(gemm(CUDA_R_32F, &zero) == CUBLAS_STATUS_SUCCESS);
  CHECK(c.values(4) == std::vector<float>{5, 14, 101, 204.03125F});
  CHECK(gemm(CUDA_R_32F, &one) == CUBLAS_STATUS_SUCCESS);
  CHECK(c.values(4) == std::vector<float>{10, 28, 202, 408.0625F});
  CHECK(gemm(CUDA_R_16BF, &zero) == CUBLAS_STATUS_SUCCESS);
  CHECK(c.values(2) == rounded({5, 14, 101, 204}));
  CHECK(gemm(CUDA_R_16F, &zero) == CUBLAS_STATUS_NOT_SUPPORTED);
}

TEST_CASE_METHOD(Cublas, "cublasSgemm refuses what cuBLAS's documentation refuses", "[ptx][runtime]") {
  const DeviceMatrix a(16), b(16), c(16);
  const auto gemm = [&](cublasOperation_t ta, cublasOperation_t tb, int m, int n, int k, int lda, int ldb, int ldc) {
    return cublasSgemm(handle, ta, tb, m, n, k, &one, a.data, lda, b.data, ldb, &zero, c.data, ldc);
  };
  const auto invalid = CUBLAS_STATUS_INVALID_VALUE;
  CHECK(gemm(N, N, -1, 2, 3, 2, 3, 2) == invalid);
  CHECK(gemm(N, N, 2, -1, 3, 2, 3, 2) == invalid);
  CHECK(gemm(N, N, 2, 2, -3, 2, 3, 2) == invalid);
  CHECK(gemm(N, N, 2, 2, 3, 1, 3, 2) == invalid);
  CHECK(gemm(T, N, 2, 2, 3, 2, 3, 2) == invalid);
  CHECK(gemm(N, N, 2, 2, 3, 2, 2, 2) == invalid);
  CHECK(gemm(N, T, 2, 2, 3, 2, 1, 2) == invalid);
  CHECK(gemm(N, N, 2, 2, 3, 2, 3, 1) == invalid);
  CHECK(gemm(static_cast<cublasOperation_t>(9), N, 2, 2, 3, 2, 3, 2) == invalid);
  CHECK(cublasSgemm(handle, N, N, 2, 2, 3, nullptr, a.data, 2, b.data, 3, &zero, c.data, 2) == invalid);
  CHECK(cublasSgemm(nullptr, N, N, 2, 2, 3, &one, a.data, 2, b.data, 3, &zero, c.data, 2) ==
        CUBLAS_STATUS_NOT_INITIALIZED);
  CHECK(cublasSetStream(handle, nullptr) == CUBLAS_STATUS_SUCCESS);
}

TEST_CASE_METHOD(Cublas, "cublasSgemm finds operands that are not there", "[ptx][runtime]") {
  const DeviceMatrix known({1, 2, 3, 4}), fresh(4), result(4);
  const auto problems_of = [&](const float* a, const float* b, float* c, const float* beta) {
    const uint64_t before = problems().count(Problem::kLibraryCall);
    CHECK(cublasSgemm(handle, N, N, 2, 2, 2, &one, a, 2, b, 2, beta, c, 2) == CUBLAS_STATUS_SUCCESS);
    CHECK(cudaDeviceSynchronize() == cudaSuccess);
    return problems().count(Problem::kLibraryCall) - before;
  };
  CHECK(problems_of(known.data, known.data, result.data, &zero) == 0);
  CHECK(problems_of(fresh.data, known.data, result.data, &zero) == 1);
  CHECK(problems_of(known.data, fresh.data, result.data, &zero) == 1);
  CHECK(problems_of(known.data, known.data, fresh.data, &one) == 1);        // beta reads C
  CHECK(problems_of(known.data + 1, known.data, result.data, &zero) == 1);  // leaves its allocation
  CHECK(problems_of(known.data, result.data, result.data, &zero) == 1);     // the result overlaps B
  CHECK(problems().messages().back() == "cublasSgemm 2 x 2 x 2: C overlaps B");
}

TEST_CASE_METHOD(Cublas, "cublasSgemm waits for its stream, and handles are counted", "[ptx][runtime]") {
  CHECK(usage().cublas_handles == 1);
  const DeviceMatrix a(std::vector<float>{2}), b(std::vector<float>{3}), c(1);
  cudaStream_t stream = nullptr;
  REQUIRE(cudaStreamCreateWithFlags(&stream, cudaStreamNonBlocking) == cudaSuccess);
  REQUIRE(cublasSetStream(handle, stream) == CUBLAS_STATUS_SUCCESS);
  REQUIRE(cublasSgemm(handle, N, N, 1, 1, 1, &one, a.data, 1, b.data, 1, &zero, c.data, 1) == CUBLAS_STATUS_SUCCESS);
  CHECK(*c.data != 6);  // device memory is the host's here: nothing has run yet
  REQUIRE(cudaStreamSynchronize(stream) == cudaSuccess);
  CHECK(*c.data == 6);
  CHECK(cudaStreamDestroy(stream) == cudaSuccess);
  CHECK(cublasDestroy(handle) == CUBLAS_STATUS_SUCCESS);
  CHECK(cublasDestroy(handle) == CUBLAS_STATUS_NOT_INITIALIZED);
  handle = nullptr;
  CHECK(usage().cublas_handles == 0);
}

}  // namespace
}  // namespace tandem::ptx::runtime
