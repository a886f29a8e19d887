// Arithmetic and the functions of math.h as nvcc compiles them: exact where PTX says so, else within their tolerance.
#include <algorithm>
#include <cmath>

#include "operators.h"

namespace tandem::ptx {
namespace {

TEST_CASE_METHOD(Operators, "integer division", "[ptx]") {
  const int n = 3000;
  std::vector<int> a(n), b(n), quotient(n), remainder(n), by_constant(n);
  std::vector<uint32_t> unsigned_quotient(n), unsigned_remainder(n);
  for (int i = 0; i < n; ++i) {
    a[i] = int(draw() >> (draw() % 32));
    if (draw() & 1) a[i] = int(0u - uint32_t(a[i]));
    b[i] = int(draw() >> (draw() % 31));
    if (b[i] == 0) b[i] = 3;
    if (b[i] == -1) b[i] = 5;
    quotient[i] = a[i] / b[i];
    remainder[i] = a[i] % b[i];
    unsigned_quotient[i] = uint32_t(a[i]) / uint32_t(b[i]);
    unsigned_remainder[i] = uint32_t(a[i]) % uint32_t(b[i]);
    by_constant[i] = a[i] / 7 + a[i] % 55;
  }
  const size_t bytes = n * sizeof(int);
  const Address a_address = upload(a), b_address = upload(b), q = machine.allocate(bytes), r = machine.allocate(bytes),
                uq = machine.allocate(bytes), ur = machine.allocate(bytes), c = machine.allocate(bytes);
  run("idiv32", {12}, {256}, 0, a_address, b_address, q, r, uq, ur, c, n);
  check_same_bits(q, quotient);
  check_same_bits(r, remainder);
  check_same_bits(uq, unsigned_quotient);
  check_same_bits(ur, unsigned_remainder);
  check_same_bits(c, by_constant);
}

// A function of mathk in operators.cu, in order, with the errors allowed.
struct Function {
  const char* name;
  double (*exact)(double a, double b);
  double relative, absolute;
  double fast_relative = 3e-5, fast_absolute = 2e-5;  // at least, with -use_fast_math
};

const Function kFunctions[] = {
    {"expf", [](double a, double) { return exp(a); }, 2e-7, 0},
    {"__expf", [](double a, double) { return exp(a); }, 2e-6, 0},
    {"logf", [](double, double b) { return log(b); }, 1.5e-7, 1e-9},
    {"__logf", [](double, double b) { return log(b); }, 1e-6, 4e-7},
    {"powf", [](double a, double b) { return pow(b, a); }, 5e-7, 0, 1e-4},
    {"__powf", [](double a, double b) { return pow(b, a); }, 2e-5, 0},
    {"sqrtf", [](double, double b) { return sqrt(b); }, 6.1e-8, 0},
    {"rsqrtf", [](double, double b) { return 1 / sqrt(b); }, 2.5e-7, 0},
    {"a / b", [](double a, double b) { return a / b; }, 6.1e-8, 0},
    {"__fdividef", [](double a, double b) { return a / b; }, 2.5e-7, 0},
    {"1 / b", [](double, double b) { return 1 / b; }, 6.1e-8, 0},
    {"tanhf", [](double a, double) { return tanh(a); }, 3e-7, 1e-9, 1e-3},
    {"sinf", [](double a, double) { return sin(a); }, 2.5e-7, 1e-8},
    {"cosf", [](double a, double) { return cos(a); }, 2.5e-7, 1e-8},
    {"powf(b, -0.75)", [](double, double b) { return pow(b, -.75); }, 5e-7, 0, 1e-4},
    {"log1pf", [](double, double b) { return log1p(b); }, 2.5e-7, 0},
    {"floorf + rintf", [](double a, double b) { return double(float(floor(a) + rint(b))); }, 1e-9, 0},
    {"erff", [](double a, double) { return erf(a); }, 3e-7, 0},
    {"sinf(1e6 a)", [](double a, double) { return sin(double(float(a) * 1e6f)); }, 3e-7, 3e-8, 3e-5, 2},
    {"fmodf", [](double, double b) { return fmod(double(float(b)), double(0.37f)); }, 1e-12, 0},
    {"__sinf", [](double a, double) { return sin(a); }, 0, 4e-6},
    {"exp2f + log2f", [](double a, double b) { return exp2(a) + log2(b); }, 3e-7, 3e-7},
};

TEST_CASE_METHOD(Operators, "functions of math.h", "[ptx]") {
  const int n = 600;
  const size_t functions = std::size(kFunctions);
  auto x = random_floats(n, -9, 9), y = random_floats(n, 1e-3f, 40);
  x[0] = 0;
  x[1] = -0.f;
  x[2] = y[0] = y[1] = 1;
  y[3] = 1e-30f;
  const Address x_address = upload(x), y_address = upload(y), out = machine.allocate(functions * n * sizeof(float));
  run("mathk", {3}, {256}, 0, x_address, y_address, out, n);
  const auto results = download<float>(out, functions * n);
  for (size_t k = 0; k < functions; ++k) {
    const Function& f = kFunctions[k];
    const double relative = variant.fast_math ? std::max(f.relative, f.fast_relative) : f.relative;
    const double absolute = variant.fast_math ? f.fast_absolute : f.absolute;
    for (int i = 0; i < n; ++i) {
      const double expected = f.exact(x[i], y[i]), actual = results[k * n + size_t(i)];
      if (std::isinf(actual) && std::fabs(expected) > 3.4028235e38) continue;
      if (std::isnan(actual) && std::isnan(expected)) continue;
      INFO(f.name << " of " << x[i] << ", " << y[i] << " is " << actual << ", not " << expected);
      REQUIRE(std::fabs(actual - expected) <= absolute + relative * std::fabs(expected));
    }
  }
}

TEST_CASE("approximations can be perturbed", "[ptx]") {
  const auto exp2_of = [](int ulp) {
    Settings settings;
    settings.approximation_ulp = ulp;
    Program program(read_ptx("operators.ptx"), settings);
    const int n = 256;
    const Address x = program.upload(std::vector<float>(n, 0.3f)), y = program.upload(std::vector<float>(n, 0.7f)),
                  out = program.machine.allocate(22 * n * sizeof(float));
    program.launch("mathk", {1}, {256}, 0, x, y, out, n);
    return program.download<float>(out, 2 * n)[n];  // __expf
  };
  const float exact = exp2_of(0);
  CHECK(exp2_of(64) != exact);
  CHECK(exp2_of(64) == Approx(exact).epsilon(64 * 1.2e-7));
}

TEST_CASE_METHOD(Operators, "double precision", "[ptx]") {
  const int n = 300;
  std::vector<double> x(n);
  for (double& value : x) value = draw(-4, 4) + 1e-9 * draw();
  const Address x_address = upload(x), out = machine.allocate(4 * n * sizeof(double));
  run("mathd", {2}, {160}, 0, x_address, out, n);
  const auto results = download<double>(out, 4 * n);
  for (int i = 0; i < n; ++i) {
    const double a = x[i];
    const double expected[] = {exp(-a * a), log(a * a + 1e-3), a / 3 + sqrt(fabs(a)),
                               double(float(a)) + double(int(a)) + double((long long)(a * 1e6))};
    for (int k = 0; k < 4; ++k) REQUIRE(results[k * n + i] == Approx(expected[k]).epsilon(1e-13));
  }
}

TEST_CASE_METHOD(Operators, "Philox", "[ptx]") {
  const int n = 500;
  const uint64_t seed = 0x123456789abcdef0, offset = 0xfffffff0;
  const Address words = machine.allocate(4 * n * sizeof(uint32_t)), uniform = machine.allocate(n * sizeof(float));
  run("philoxk", {4}, {128}, 0, seed, offset, words, uniform, n);
  std::vector<uint32_t> expected;
  std::vector<float> expected_uniform;
  for (int i = 0; i < n; ++i) {
    const uint64_t index = uint64_t(i) + offset;
    uint32_t c[4] = {uint32_t(index), uint32_t(index >> 32), 7, 9};
    auto k0 = uint32_t(seed), k1 = uint32_t(seed >> 32);
    for (int round = 0; round < 10; ++round) {
      const uint64_t a = 0xD2511F53ull * c[0], b = 0xCD9E8D57ull * c[2];
      const uint32_t next[4] = {uint32_t(b >> 32) ^ c[1] ^ k0, uint32_t(b), uint32_t(a >> 32) ^ c[3] ^ k1, uint32_t(a)};
      std::copy(next, next + 4, c);
      k0 += 0x9E3779B9u;
      k1 += 0xBB67AE85u;
    }
    expected.insert(expected.end(), c, c + 4);
    expected_uniform.push_back(float(c[0] >> 8) * (1.0f / 16777216.0f));
  }
  check_same_bits(words, expected);
  check_same_bits(uniform, expected_uniform);
}

float from_bits(uint16_t bits) { return std::bit_cast<float>(uint32_t(bits) << 16); }

uint16_t nearest_bf16(float x) {
  const auto bits = std::bit_cast<uint32_t>(x);
  if (std::isnan(x)) return 0x7fff;
  return uint16_t((bits + 0x7fff + (bits >> 16 & 1)) >> 16);
}

TEST_CASE_METHOD(Operators, "bf16", "[ptx]") {
  const int n = 500;
  auto x = random_floats(n, -100, 100);
  const float special[] = {0, -0.f, INFINITY, 1e-40f, 3.4e38f, NAN, 1.00390625f, 1.01171875f};
  std::copy(std::begin(special), std::end(special), x.begin());
  const Address x_address = upload(x), narrow = machine.allocate(2 * n), back = machine.allocate(4 * n),
                pairs = machine.allocate(4 * n), products = machine.allocate(4 * n);
  run("bf16k", {2}, {256}, 0, x_address, narrow, back, pairs, products, n);
  std::vector<uint16_t> expected_narrow, expected_pairs;
  std::vector<float> expected_back, expected_products;
  for (int i = 0; i < n; ++i) {
    const uint16_t bits = nearest_bf16(x[i]);
    expected_narrow.push_back(bits);
    expected_back.push_back(from_bits(bits));
    expected_pairs.push_back(bits);
    expected_pairs.push_back(nearest_bf16(x[(i + 1) % n]));
    expected_products.push_back(from_bits(nearest_bf16(from_bits(bits) * 1.5f)));
  }
  if (variant.fast_math) expected_products[3] = download<float>(products, n)[3];  // subnormal: flushed
  check_same_bits(narrow, expected_narrow);
  check_same_bits(back, expected_back);
  check_same_bits(pairs, expected_pairs);
  check_same_bits(products, expected_products);
}

}  // namespace
}  // namespace tandem::ptx
