// Tests engine/device/gemm_cpu.h: all GEMMs against a naive one in double, within the error bound of any order of
// summation (Higham, Accuracy and Stability of Numerical Algorithms, section 3.5): k u |A| |B|, and where the result is
// bf16, half a unit in its last place.
#include <catch2/catch.hpp>
#include <cmath>
#include <functional>
#include <limits>
#include <vector>

#include "engine/core/random.h"
#include "engine/device/gemm_cpu.h"
#include "tests/stored.h"

using namespace tandem;
using test::to, test::value_of;

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
  for (size_t i = 0; i < count; ++i) values[i] = to<T>(random.normal(i));
  return values;
}

// Half a unit in the last place, relative, of what a sum is rounded to when it is stored.
template <class Result>
constexpr double kStored = std::is_same_v<Result, bf16> ? 0x1p-8 : 0;

// Rows are three elements longer than the matrix is wide.
template <class T, class Result>
void check(const Shape& shape, bool transpose_a, bool transpose_b, Compute<T> beta,
           const std::function<void(const Gemm<T, Result>&)>& run) {
  const auto [m, n, k] = shape;
  const long lda = (transpose_a ? m : k) + 3, ldb = (transpose_b ? k : n) + 3, ldc = n + 3;
  const auto a = random_values<T>((transpose_a ? k : m) * lda, 1), b = random_values<T>((transpose_b ? n : k) * ldb, 2);
  const auto before = random_values<Result>(m * ldc, 3);
  std::vector<Result> c = before;
  for (long i = 0; i < m; ++i) {
    for (long j = 0; j < n && beta == 0; ++j) c[i * ldc + j] = to<Result>(NAN);
    for (long j = n; j < ldc; ++j) c[i * ldc + j] = to<Result>(kUntouched);
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
  const double unit = double(k + 1) * std::numeric_limits<Compute<T>>::epsilon();
  long wrong = 0;
  for (long i = 0; i < m; ++i) {
    for (long j = 0; j < n; ++j) {
      double sum = double(beta) * value_of(before[i * ldc + j]), magnitude = std::abs(sum);
      for (long p = 0; p < k; ++p) {
        const double product = value_of(transpose_a ? a[p * lda + i] : a[i * lda + p]) *
                               value_of(transpose_b ? b[j * ldb + p] : b[p * ldb + j]);
        sum += product;
        magnitude += std::abs(product);
      }
      const double allowed = unit * magnitude * (1 + kStored<Result>)+kStored<Result> * std::abs(sum);
      wrong += !(std::abs(value_of(c[i * ldc + j]) - sum) <= allowed);
    }
    for (long j = n; j < ldc; ++j) wrong += value_of(c[i * ldc + j]) != kUntouched;
  }
  CHECK(wrong == 0);
}

template <class T, class Result>
void check_all(const std::function<void(const Gemm<T, Result>&)>& run) {
  for (const Shape& shape : kShapes)
    for (const bool transpose_a : {false, true})
      for (const bool transpose_b : {false, true})
        for (const Compute<T> beta : {0, 1}) check<T, Result>(shape, transpose_a, transpose_b, beta, run);
}

}  // namespace

TEST_CASE("oneDNN's GEMM is the product of row-major matrices") { check_all<float, float>(gemm_onednn); }
TEST_CASE("the reference GEMM is that in float") { check_all<float, float>(gemm_reference<float>); }
TEST_CASE("the reference GEMM is that in double") { check_all<double, double>(gemm_reference<double>); }

TEMPLATE_TEST_CASE("GEMM of bf16 sums in float, on processors with bf16 and without", "", bf16, float) {
  check_all<bf16, TestType>(gemm_bf16_widened<TestType>);
  check_all<bf16, TestType>(gemm_bf16<TestType>);
  if (has_bf16_dot_products()) check_all<bf16, TestType>(gemm_bf16_onednn<TestType>);
}

TEST_CASE("a GEMM over nothing clears C or leaves it") {
  const double nothing = 0;
  for (const double beta : {0.0, 1.0}) {
    std::vector<double> c = {1, 2, 3, 4, 5, 6};
    gemm_reference<double>(
        {.m = 2, .n = 3, .k = 0, .a = &nothing, .b = &nothing, .ldb = 3, .beta = beta, .c = c.data(), .ldc = 3});
    CHECK(c == (beta == 0 ? std::vector<double>(6, 0) : std::vector<double>{1, 2, 3, 4, 5, 6}));
  }
}
