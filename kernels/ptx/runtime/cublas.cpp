// Stands in for cuBLAS: the calls that Tandem makes, with oneDNN as the multiplier, queued on the stream as on a GPU.
//
// Arguments are refused by the rules of cuBLAS's documentation (cublas<t>gemm, "possible error values"). Beyond them it
// reports what a GPU would do silently or by a fault: operands that leave their allocation, operands with bytes that
// nobody has written, and a result that overlaps an operand.
#include <cublas_v2.h>
#include <dnnl.h>

#include <algorithm>
#include <cstdio>
#include <iterator>
#include <vector>

#include "kernels/bf16.h"
#include "kernels/ptx/runtime/state.h"

using namespace tandem::ptx;
using namespace tandem::ptx::runtime;

namespace {

// A column-major matrix of float or bf16.
struct Matrix {
  const void* data;
  cudaDataType type;
  int rows, columns, leading;

  size_t element() const { return type == CUDA_R_32F ? sizeof(float) : sizeof(tandem::bf16); }
  size_t column_bytes() const { return size_t(rows) * element(); }
  Address begin() const { return reinterpret_cast<Address>(data); }
  Address column(int c) const { return begin() + size_t(c) * leading * element(); }
  Address end() const { return column(columns - 1) + column_bytes(); }
  bool empty() const { return rows == 0 || columns == 0; }

  // The same numbers in float, the columns side by side.
  std::vector<float> values() const {
    std::vector<float> result;
    for (int c = 0; c < columns; ++c) {
      if (type == CUDA_R_32F) {
        const auto* from = reinterpret_cast<const float*>(column(c));
        result.insert(result.end(), from, from + rows);
      } else {
        const auto* from = reinterpret_cast<const tandem::bf16*>(column(c));
        std::transform(from, from + rows, std::back_inserter(result), [](tandem::bf16 x) { return float(x); });
      }
    }
    return result;
  }

  // What values() gave, or what was made of it, rounded to the type.
  void assign(const std::vector<float>& values) const {
    for (int c = 0; c < columns; ++c) {
      const float* from = values.data() + size_t(c) * rows;
      if (type == CUDA_R_32F) {
        std::copy(from, from + rows, reinterpret_cast<float*>(column(c)));
      } else {
        std::transform(from, from + rows, reinterpret_cast<tandem::bf16*>(column(c)),
                       [](float x) { return tandem::bf16(x); });
      }
    }
  }
};

struct Product {
  const char* call;
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
    if (!state.machine.written(matrix.column(c), matrix.column_bytes())) return "has bytes nobody wrote";
  }
  return nullptr;
}

// The program goes on, as it would on a GPU that happened not to mind.
void report(State& state, const Product& p, const char* operand, const char* what) {
  const std::string message = std::string(p.call) + " " + std::to_string(p.m) + " x " + std::to_string(p.n) + " x " +
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
  const std::vector<float> a = reads_operands ? p.a.values() : std::vector<float>(),
                           b = reads_operands ? p.b.values() : std::vector<float>();
  std::vector<float> c = p.beta != 0 ? p.c.values() : std::vector<float>(size_t(p.m) * p.n);
  const dnnl_status_t status =
      dnnl_sgemm(p.transpose_b ? 'T' : 'N', p.transpose_a ? 'T' : 'N', p.n, p.m, p.k, p.alpha, b.data(),
                 std::max(1, p.b.rows), a.data(), std::max(1, p.a.rows), p.beta, c.data(), p.m);
  if (status != dnnl_success) return report(state, p, "oneDNN", "failed");
  p.c.assign(c);
  for (int column = 0; column < p.c.columns; ++column) {
    state.machine.mark_written(p.c.column(column), p.c.column_bytes());
  }
}

// What cuBLAS asks of every product's arguments.
struct Arguments {
  cublasHandle_t handle;
  cublasOperation_t operation_a, operation_b;
  int m, n, k;
  const float* alpha;
  const void* a;
  cudaDataType a_type;
  int lda;
  const void* b;
  cudaDataType b_type;
  int ldb;
  const float* beta;
  void* c;
  cudaDataType c_type;
  int ldc;
};

cublasStatus_t queue_product(const char* call, const Arguments& g) {
  State& state = State::get();
  const std::lock_guard lock(state.mutex);
  if (!state.cublas_contexts.contains(g.handle)) return CUBLAS_STATUS_NOT_INITIALIZED;
  if (g.m < 0 || g.n < 0 || g.k < 0 || !is_operation(g.operation_a) || !is_operation(g.operation_b)) {
    return CUBLAS_STATUS_INVALID_VALUE;
  }
  const bool transpose_a = g.operation_a != CUBLAS_OP_N, transpose_b = g.operation_b != CUBLAS_OP_N;
  const Matrix a{g.a, g.a_type, transpose_a ? g.k : g.m, transpose_a ? g.m : g.k, g.lda};
  const Matrix b{g.b, g.b_type, transpose_b ? g.n : g.k, transpose_b ? g.k : g.n, g.ldb};
  const Matrix c{g.c, g.c_type, g.m, g.n, g.ldc};
  for (const Matrix& matrix : {a, b, c}) {
    if (matrix.leading < std::max(1, matrix.rows)) return CUBLAS_STATUS_INVALID_VALUE;
  }
  if (!g.alpha || !g.beta || (!g.c && *g.beta != 1)) return CUBLAS_STATUS_INVALID_VALUE;
  Stream* stream = state.stream(g.handle->stream);
  if (!stream) return CUBLAS_STATUS_EXECUTION_FAILED;
  if (++state.launch_calls == state.settings.fail_launch) return CUBLAS_STATUS_EXECUTION_FAILED;
  if (c.empty()) return CUBLAS_STATUS_SUCCESS;
  // alpha and beta lie in host memory (the default pointer mode) and are read now.
  const Product product{call, transpose_a, transpose_b, g.m, g.n, g.k, *g.alpha, *g.beta, a, b, c};
  state.streams.add(stream, [&state, product] { multiply(state, product); });
  return CUBLAS_STATUS_SUCCESS;
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
    case CUBLAS_STATUS_NOT_SUPPORTED:
      return "the functionality is not supported";
    case CUBLAS_STATUS_EXECUTION_FAILED:
      return "the function failed to launch on the GPU";
    default:
      return "an error";
  }
}

cublasStatus_t cublasSgemm_v2(cublasHandle_t handle, cublasOperation_t operation_a, cublasOperation_t operation_b,
                              int m, int n, int k, const float* alpha, const float* a, int lda, const float* b, int ldb,
                              const float* beta, float* c, int ldc) {
  return queue_product("cublasSgemm", {handle, operation_a, operation_b, m, n, k, alpha, a, CUDA_R_32F, lda, b,
                                       CUDA_R_32F, ldb, beta, c, CUDA_R_32F, ldc});
}

// Operands of float or bf16 alike, the result float or theirs, sums in float.
cublasStatus_t cublasGemmEx(cublasHandle_t handle, cublasOperation_t operation_a, cublasOperation_t operation_b, int m,
                            int n, int k, const void* alpha, const void* a, cudaDataType a_type, int lda, const void* b,
                            cudaDataType b_type, int ldb, const void* beta, void* c, cudaDataType c_type, int ldc,
                            cublasComputeType_t compute_type, cublasGemmAlgo_t) {
  const auto known = [](cudaDataType type) { return type == CUDA_R_32F || type == CUDA_R_16BF; };
  if (!known(a_type) || a_type != b_type || (c_type != a_type && c_type != CUDA_R_32F) ||
      compute_type != CUBLAS_COMPUTE_32F) {
    return CUBLAS_STATUS_NOT_SUPPORTED;
  }
  return queue_product("cublasGemmEx", {handle, operation_a, operation_b, m, n, k, static_cast<const float*>(alpha), a,
                                        a_type, lda, b, b_type, ldb, static_cast<const float*>(beta), c, c_type, ldc});
}

}  // extern "C"
