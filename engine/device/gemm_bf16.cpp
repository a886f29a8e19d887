// GEMM of bf16 on the CPU, with sums in float.
#include <algorithm>
#include <compare>
#include <dnnl.hpp>
#include <map>
#include <type_traits>
#include <vector>

#include "engine/core/error.h"
#include "engine/device/gemm_cpu.h"
#include "engine/device/single_thread.h"

namespace tandem {
namespace {

// All that oneDNN generates code for.
struct Shape {
  bool transpose_a, transpose_b;
  long m, n, k, lda, ldb, ldc;
  bool adds_to_c, float_result;
  // clang-tidy 14 takes the 0 in the comparison that the compiler writes for a null pointer.
  auto operator<=>(const Shape&) const = default;  // NOLINT(modernize-use-nullptr)
};

// A product of one shape, ready to run.
class Product {
 public:
  Product(const dnnl::engine& engine, const Shape& s)
      : engine_(engine),
        a_(matrix(s.m, s.k, s.lda, s.transpose_a, dnnl::memory::data_type::bf16)),
        b_(matrix(s.k, s.n, s.ldb, s.transpose_b, dnnl::memory::data_type::bf16)),
        c_(matrix(s.m, s.n, s.ldc, false,
                  s.float_result ? dnnl::memory::data_type::f32 : dnnl::memory::data_type::bf16)) {
    dnnl::primitive_attr attributes;
    attributes.set_scratchpad_mode(dnnl::scratchpad_mode::user);
    if (s.adds_to_c) {
      dnnl::post_ops sum;
      sum.append_sum(1);
      attributes.set_post_ops(sum);
    }
    const dnnl::matmul::primitive_desc description(dnnl::matmul::desc(a_, b_, c_), attributes, engine_);
    matmul_ = dnnl::matmul(description);
    scratchpad_ = dnnl::memory(description.scratchpad_desc(), engine_);
  }

  void run(dnnl::stream& stream, const bf16* a, const bf16* b, void* c) const {
    matmul_.execute(stream, {{DNNL_ARG_SRC, dnnl::memory(a_, engine_, const_cast<bf16*>(a))},
                             {DNNL_ARG_WEIGHTS, dnnl::memory(b_, engine_, const_cast<bf16*>(b))},
                             {DNNL_ARG_DST, dnnl::memory(c_, engine_, c)},
                             {DNNL_ARG_SCRATCHPAD, scratchpad_}});
  }

 private:
  static dnnl::memory::desc matrix(long rows, long columns, long row_length, bool transposed,
                                   dnnl::memory::data_type type) {
    const dnnl::memory::dims strides =
        transposed ? dnnl::memory::dims{1, row_length} : dnnl::memory::dims{row_length, 1};
    return {{rows, columns}, type, strides};
  }

  dnnl::engine engine_;
  dnnl::memory::desc a_, b_, c_;
  dnnl::matmul matmul_;
  dnnl::memory scratchpad_;
};

// The products that this thread has made. To make one takes longer than to run it, and its scratchpad can serve one
// thread only; a net has a few dozen shapes.
class Products {
 public:
  void run(const Shape& shape, const bf16* a, const bf16* b, void* c) {
    auto product = products_.find(shape);
    if (product == products_.end()) product = products_.emplace(shape, Product(engine_, shape)).first;
    product->second.run(stream_, a, b, c);
    stream_.wait();
  }

 private:
  dnnl::engine engine_{dnnl::engine::kind::cpu, 0};
  dnnl::stream stream_{engine_};
  std::map<Shape, Product> products_;
};

Products& products_of_this_thread() {
  keep_onednn_single_threaded();  // before code is generated, which is for so many threads
  thread_local Products products;
  return products;
}

// A matrix of `rows` rows in memory, widened, without the gaps between the rows.
std::vector<float> widened(const bf16* values, long rows, long columns, long row_length) {
  std::vector<float> result(size_t(rows) * size_t(columns));
  for (long row = 0; row < rows; ++row)
    std::transform(values + row * row_length, values + row * row_length + columns, result.begin() + row * columns,
                   [](bf16 value) { return float(value); });
  return result;
}

}  // namespace

bool has_bf16_dot_products() {
  constexpr auto kNeeded = unsigned(dnnl::cpu_isa::avx512_core_bf16);
  return (unsigned(dnnl::get_effective_cpu_isa()) & kNeeded) == kNeeded;
}

template <class Result>
void gemm_bf16_onednn(const Gemm<bf16, Result>& g) {
  const Shape shape{g.transpose_a, g.transpose_b, g.m,   g.n,         g.k,
                    g.lda,         g.ldb,         g.ldc, g.beta != 0, std::is_same_v<Result, float>};
  try {
    products_of_this_thread().run(shape, g.a, g.b, g.c);
  } catch (const dnnl::error& error) {
    throw Error("dnnl::matmul", std::string(error.what()) + ", for bf16, " + std::to_string(g.m) + " x " +
                                    std::to_string(g.n) + " x " + std::to_string(g.k));
  }
}

template <class Result>
void gemm_bf16_widened(const Gemm<bf16, Result>& g) {
  const long a_rows = g.transpose_a ? g.k : g.m, a_columns = g.transpose_a ? g.m : g.k;
  const long b_rows = g.transpose_b ? g.n : g.k, b_columns = g.transpose_b ? g.k : g.n;
  const std::vector<float> a = widened(g.a, a_rows, a_columns, g.lda), b = widened(g.b, b_rows, b_columns, g.ldb);
  Gemm<float> product{.transpose_a = g.transpose_a,
                      .transpose_b = g.transpose_b,
                      .m = g.m,
                      .n = g.n,
                      .k = g.k,
                      .a = a.data(),
                      .lda = a_columns,
                      .b = b.data(),
                      .ldb = b_columns,
                      .beta = g.beta};
  if constexpr (std::is_same_v<Result, float>) {
    product.c = g.c;
    product.ldc = g.ldc;
    gemm_onednn(product);
  } else {
    std::vector<float> c = g.beta != 0 ? widened(g.c, g.m, g.n, g.ldc) : std::vector<float>(size_t(g.m) * size_t(g.n));
    product.c = c.data();
    product.ldc = g.n;
    gemm_onednn(product);
    for (long row = 0; row < g.m; ++row)
      std::transform(c.begin() + row * g.n, c.begin() + (row + 1) * g.n, g.c + row * g.ldc,
                     [](float value) { return bf16(value); });
  }
}

template <class Result>
void gemm_bf16(const Gemm<bf16, Result>& gemm) {
  static const bool has_them = has_bf16_dot_products();
  (has_them ? gemm_bf16_onednn<Result> : gemm_bf16_widened<Result>)(gemm);
}

template void gemm_bf16(const Gemm<bf16>&);
template void gemm_bf16(const Gemm<bf16, float>&);
template void gemm_bf16_onednn(const Gemm<bf16>&);
template void gemm_bf16_onednn(const Gemm<bf16, float>&);
template void gemm_bf16_widened(const Gemm<bf16>&);
template void gemm_bf16_widened(const Gemm<bf16, float>&);

}  // namespace tandem
