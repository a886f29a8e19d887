// Stands in for cuBLAS: the calls that Tandem makes, with oneDNN as the multiplier, queued on the stream as on a GPU.
//
// Arguments are refused by the rules of cuBLAS's documentation (cublas<t>gemm, "possible error values"). Beyond them it
// reports what a GPU would do silently or by a fault: operands that leave their allocation, operands with bytes that
// nobody has written, and a result that overlaps an operand.
#include <cublas_v2.h>
#include <dnnl.h>

#include <algorithm>
#include <cstdio>

#include "kernels/ptx/runtime/state.h"

using namespace tandem::ptx;
using namespace tandem::ptx::runtime;

namespace {

// A column-major matrix of float.
struct Matrix {
  const float* data;
  int rows, columns, leading;

  Address begin() const { return reinterpret_cast<Address>(data); }
  Address column(int c) const { return begin() + size_t(c) * leading * sizeof(float); }
  Address end() const { return column(columns - 1) + size_t(rows) * sizeof(float); }
  bool empty() const { return rows == 0 || columns == 0; }
};

struct Product {
  bool transpose_a, transpose_b;
  int m, n, k;
  float alpha, beta;
  Matrix a, b, c;
};

bool is_operation(cublasOperation_t operation) {
  return operation == CUBLAS_OP_N || operation == CUBLAS_OP_T || operation == CUBLAS_OP_C;
}

bool overlap(const Matrix& x, const Matrix& y) {
  return !x.empty() && !y.empty() && x.begin() < y.end() && y.begin() < x.end();
}

// What is wrong with an operand, nullptr if nothing is.
const char* fault(State& state, const Matrix& matrix, bool is_read) {
  if (matrix.empty()) return nullptr;
  if (!state.machine.holds(matrix.begin(), matrix.end() - matrix.begin())) return "leaves its allocation";
  for (int c = 0; is_read && c < matrix.columns; ++c) {
    if (!state.machine.written(matrix.column(c), size_t(matrix.rows) * sizeof(float))) return "has bytes nobody wrote";
  }
  return nullptr;
}

// The program goes on, as it would on a GPU that happened not to mind.
void report(State& state, const Product& p, const char* operand, const char* what) {
  const std::string message = "cublasSgemm " + std::to_string(p.m) + " x " + std::to_string(p.n) + " x " +
                              std::to_string(p.k) + ": " + operand + " " + what;
  state.machine.report_library_call(message);
  if (state.settings.print_problems) std::fprintf(stderr, "%s\n", message.c_str());
}

// Runs when the stream comes to it.
void multiply(State& state, const Product& p) {
  const bool reads_operands = p.alpha != 0 && p.k > 0;
  if (const char* what = fault(state, p.c, p.beta != 0)) return report(state, p, "C", what);
  if (reads_operands) {
    if (const char* what = fault(state, p.a, true)) return report(state, p, "A", what);
    if (const char* what = fault(state, p.b, true)) return report(state, p, "B", what);
    if (overlap(p.c, p.a)) return report(state, p, "C", "overlaps A");
    if (overlap(p.c, p.b)) return report(state, p, "C", "overlaps B");
  }
  // oneDNN is row-major: C^T = B^T A^T.
  float* c = const_cast<float*>(p.c.data);
  const dnnl_status_t status = dnnl_sgemm(p.transpose_b ? 'T' : 'N', p.transpose_a ? 'T' : 'N', p.n, p.m, p.k, p.alpha,
                                          p.b.data, p.b.leading, p.a.data, p.a.leading, p.beta, c, p.c.leading);
  if (status != dnnl_success) return report(state, p, "oneDNN", "failed");
  for (int column = 0; column < p.c.columns; ++column) {
    state.machine.mark_written(p.c.column(column), size_t(p.c.rows) * sizeof(float));
  }
}

}  // namespace

extern "C" {

cublasStatus_t cublasCreate_v2(cublasHandle_t* handle) {
  State& state = State::get();
  const std::lock_guard lock(state.mutex);
  if (!handle) return CUBLAS_STATUS_INVALID_VALUE;
  if (state.settings.devices == 0) return CUBLAS_STATUS_NOT_INITIALIZED;
  auto context = std::make_unique<cublasContext>();
  *handle = context.get();
  state.cublas_contexts.emplace(*handle, std::move(context));
  return CUBLAS_STATUS_SUCCESS;
}

// Waits for the device.
cublasStatus_t cublasDestroy_v2(cublasHandle_t handle) {
  State& state = State::get();
  const std::lock_guard lock(state.mutex);
  state.streams.run_all();
  return state.cublas_contexts.erase(handle) ? CUBLAS_STATUS_SUCCESS : CUBLAS_STATUS_NOT_INITIALIZED;
}

cublasStatus_t cublasSetStream_v2(cublasHandle_t handle, cudaStream_t stream) {
  State& state = State::get();
  const std::lock_guard lock(state.mutex);
  if (!state.cublas_contexts.contains(handle)) return CUBLAS_STATUS_NOT_INITIALIZED;
  handle->stream = stream;
  return CUBLAS_STATUS_SUCCESS;
}

cublasStatus_t cublasSetMathMode(cublasHandle_t handle, cublasMath_t mode) {
  State& state = State::get();
  const std::lock_guard lock(state.mutex);
  if (!state.cublas_contexts.contains(handle)) return CUBLAS_STATUS_NOT_INITIALIZED;
  if (mode != CUBLAS_DEFAULT_MATH && mode != CUBLAS_PEDANTIC_MATH && mode != CUBLAS_TF32_TENSOR_OP_MATH) {
    return CUBLAS_STATUS_INVALID_VALUE;
  }
  return CUBLAS_STATUS_SUCCESS;
}

const char* cublasGetStatusString(cublasStatus_t status) {
  switch (status) {
    case CUBLAS_STATUS_SUCCESS:
      return "success";
    case CUBLAS_STATUS_NOT_INITIALIZED:
      return "the library was not initialized";
    case CUBLAS_STATUS_INVALID_VALUE:
      return "an unsupported value or parameter was passed to the function";
    case CUBLAS_STATUS_EXECUTION_FAILED:
      return "the function failed to launch on the GPU";
    default:
      return "an error";
  }
}

cublasStatus_t cublasSgemm_v2(cublasHandle_t handle, cublasOperation_t operation_a, cublasOperation_t operation_b,
                              int m, int n, int k, const float* alpha, const float* a, int lda, const float* b, int ldb,
                              const float* beta, float* c, int ldc) {
  State& state = State::get();
  const std::lock_guard lock(state.mutex);
  if (!state.cublas_contexts.contains(handle)) return CUBLAS_STATUS_NOT_INITIALIZED;
  if (m < 0 || n < 0 || k < 0 || !is_operation(operation_a) || !is_operation(operation_b)) {
    return CUBLAS_STATUS_INVALID_VALUE;
  }
  const bool transpose_a = operation_a != CUBLAS_OP_N, transpose_b = operation_b != CUBLAS_OP_N;
  const Matrix matrix_a{a, transpose_a ? k : m, transpose_a ? m : k, lda};
  const Matrix matrix_b{b, transpose_b ? n : k, transpose_b ? k : n, ldb};
  const Matrix matrix_c{c, m, n, ldc};
  for (const Matrix& matrix : {matrix_a, matrix_b, matrix_c}) {
    if (matrix.leading < std::max(1, matrix.rows)) return CUBLAS_STATUS_INVALID_VALUE;
  }
  if (!alpha || !beta || (!c && *beta != 1)) return CUBLAS_STATUS_INVALID_VALUE;
  Stream* stream = state.stream(handle->stream);
  if (!stream) return CUBLAS_STATUS_EXECUTION_FAILED;
  if (++state.launch_calls == state.settings.fail_launch) return CUBLAS_STATUS_EXECUTION_FAILED;
  if (matrix_c.empty()) return CUBLAS_STATUS_SUCCESS;
  // alpha and beta lie in host memory (the default pointer mode) and are read now.
  const Product product{transpose_a, transpose_b, m, n, k, *alpha, *beta, matrix_a, matrix_b, matrix_c};
  state.streams.add(stream, [&state, product] { multiply(state, product); });
  return CUBLAS_STATUS_SUCCESS;
}

}  // extern "C"
