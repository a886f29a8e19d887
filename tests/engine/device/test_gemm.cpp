// Tests engine/device/gemm_cpu.h: both GEMMs against a naive one in double, within the error bound of any order of
// summation (Higham, Accuracy and Stability of Numerical Algorithms, section 3.5): k u |A| |B|.
#include <catch2/catch.hpp>
#include <cmath>
#include <functional>
#include <limits>
#include <vector>

#include "engine/core/random.h"
#include "engine/device/gemm_cpu.h"

using namespace tandem;

namespace {

struct Shape {
  long m, n, k;
};

const std::vector<Shape> kShapes = {{1, 1, 1},   {1, 7, 3},      {3, 1, 130},    {5, 6, 1},
                                    {17, 33, 9}, {65, 257, 129}, {64, 256, 128}, {31, 300, 140}};
constexpr double kUntouched = 77;  // what lies between the rows of C

template <class T>
std::vector<T> random_values(size_t count, uint64_t stream) {
  const Random random(1, Purpose::initialise, stream);
  std::vector<T> values(count);
  for (size_t i = 0; i < count; ++i) values[i] = T(random.normal(i));
  return values;
}

// Rows are three elements longer than the matrix is wide.
template <class T>
void check(const Shape& shape, bool transpose_a, bool transpose_b, T beta,
           const std::function<void(const Gemm<T>&)>& run) {
  const auto [m, n, k] = shape;
  const long lda = (transpose_a ? m : k) + 3, ldb = (transpose_b ? k : n) + 3, ldc = n + 3;
  const auto a = random_values<T>((transpose_a ? k : m) * lda, 1), b = random_values<T>((transpose_b ? n : k) * ldb, 2);
  const auto before = random_values<T>(m * ldc, 3);
  std::vector<T> c = before;
  for (long i = 0; i < m; ++i) {
    for (long j = 0; j < n && beta == T(0); ++j) c[i * ldc + j] = std::numeric_limits<T>::quiet_NaN();
    for (long j = n; j < ldc; ++j) c[i * ldc + j] = T(kUntouched);
  }
  run({.transpose_a = transpose_a,
       .transpose_b = transpose_b,
       .m = m,
       .n = n,
       .k = k,
       .a = a.data(),
       .lda = lda,
       .b = b.data(),
       .ldb = ldb,
       .beta = beta,
       .c = c.data(),
       .ldc = ldc});

  INFO(m << " x " << n << " x " << k << ", transposed " << transpose_a << transpose_b << ", beta " << beta);
  const double unit = double(k + 1) * std::numeric_limits<T>::epsilon();
  long wrong = 0;
  for (long i = 0; i < m; ++i) {
    for (long j = 0; j < n; ++j) {
      double sum = double(beta) * before[i * ldc + j], magnitude = std::abs(sum);
      for (long p = 0; p < k; ++p) {
        const double product = double(transpose_a ? a[p * lda + i] : a[i * lda + p]) *
                               double(transpose_b ? b[j * ldb + p] : b[p * ldb + j]);
        sum += product;
        magnitude += std::abs(product);
      }
      wrong += !(std::abs(c[i * ldc + j] - sum) <= unit * magnitude);
    }
    for (long j = n; j < ldc; ++j) wrong += c[i * ldc + j] != T(kUntouched);
  }
  CHECK(wrong == 0);
}

template <class T>
void check_all(const std::function<void(const Gemm<T>&)>& run) {
  for (const Shape& shape : kShapes)
    for (const bool transpose_a : {false, true})
      for (const bool transpose_b : {false, true})
        for (const T beta : {T(0), T(1)}) check<T>(shape, transpose_a, transpose_b, beta, run);
}

}  // namespace

TEST_CASE("oneDNN's GEMM is the product of row-major matrices") { check_all<float>(gemm_onednn); }
TEST_CASE("the reference GEMM is that in float") { check_all<float>(gemm_reference<float>); }
TEST_CASE("the reference GEMM is that in double") { check_all<double>(gemm_reference<double>); }

TEST_CASE("a GEMM over nothing clears C or leaves it") {
  const double nothing = 0;
  for (const double beta : {0.0, 1.0}) {
    std::vector<double> c = {1, 2, 3, 4, 5, 6};
    gemm_reference<double>(
        {.m = 2, .n = 3, .k = 0, .a = &nothing, .b = &nothing, .ldb = 3, .beta = beta, .c = c.data(), .ldc = 3});
    CHECK(c == (beta == 0 ? std::vector<double>(6, 0) : std::vector<double>{1, 2, 3, 4, 5, 6}));
  }
}
