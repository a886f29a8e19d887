#include <catch2/catch.hpp>
#include <cmath>
#include <limits>
#include <vector>

#include "kernels/table.h"
#include "tests/kernels/buffer.h"
#include "tests/kernels/streams.h"

namespace tandem {
namespace {

using test::Aligned;

// An activation as mathematics: y = f(x) and dy/dx written in y.
struct Reference {
  double (*value)(double x);
  double (*slope)(double y);
};
const Reference kRelu = {[](double x) { return x > 0 ? x : 0; }, [](double y) { return y > 0 ? 1.0 : 0.0; }};
const Reference kSigmoid = {[](double x) { return 1 / (1 + std::exp(-x)); }, [](double y) { return y * (1 - y); }};
const Reference kTanh = {[](double x) { return std::tanh(x); }, [](double y) { return 1 - y * y; }};

template <class T>
struct Activation {
  Reference reference;
  void (*forward)(Stream, const T* x, T* y, size_t n);
  void (*backward)(Stream, const T* y, const T* dy, T* dx, size_t n);
};

template <class T>
std::vector<Activation<T>> activations() {
  const Table<T>& table = test::table<T>();
  return {{kRelu, table.relu_forward, table.relu_backward},
          {kSigmoid, table.sigmoid_forward, table.sigmoid_backward},
          {kTanh, table.tanh_forward, table.tanh_backward}};
}

// Zeros, denormals, where exp overflows or vanishes, the largest floats; then n ordinary values in [-4, 4).
template <class T>
Aligned<T> inputs(size_t n) {
  const std::vector<double> special = {0.0,  -0.0,  1e-40, -1e-40, 1e-30, -1e-30, 1e-6, -1e-6, 1,    -1,
                                       10.0, -10.0, 88,    -88,    100.0, -100.0, 1e4,  -1e4,  3e38, -3e38};
  test::Random random(5);
  Aligned<T> x(special.size() + n);
  for (size_t i = 0; i < x.size(); ++i) x[i] = test::to<T>(i < special.size() ? special[i] : 4 * random.uniform());
  return x;
}

TEMPLATE_TEST_CASE("activations match their formulas", "[kernels]", float, bf16, double) {
  for (const Activation<TestType>& activation : activations<TestType>())
    for (const size_t n : {0, 1, 5, 33, 5000}) {
      const auto x = inputs<TestType>(n);
      const auto dy = test::random_buffer<TestType>(x.size(), 6);
      const auto y = test::same_on_every_stream([&](Stream stream) {
        Aligned<TestType> result(x.size());
        activation.forward(stream, x.data(), result.data(), x.size());
        return result;
      });
      const auto dx = test::same_on_every_stream([&](Stream stream) {
        Aligned<TestType> result(x.size());
        activation.backward(stream, y.data(), dy.data(), result.data(), x.size());
        return result;
      });
      std::vector<double> expected_y, expected_dx;
      for (size_t i = 0; i < x.size(); ++i) {
        expected_y.push_back(activation.reference.value(test::value_of(x[i])));
        expected_dx.push_back(test::value_of(dy[i]) * activation.reference.slope(test::value_of(y[i])));
      }
      REQUIRE(test::worst_error(y, expected_y) < test::tolerance<TestType>());
      REQUIRE(test::worst_error(dx, expected_dx) < test::tolerance<TestType>());
    }
}

TEMPLATE_TEST_CASE("activations keep the relative precision of small inputs", "[kernels]", float, double) {
  for (const double x : {1e-30, -1e-12, 1e-6, -1e-3, 0.1}) {
    const Aligned<TestType> in{x};
    Aligned<TestType> out(1);
    test::table<TestType>().tanh_forward(nullptr, in.data(), out.data(), 1);
    REQUIRE(test::value_of(out[0]) == Approx(std::tanh(test::value_of(in[0]))).epsilon(1e-6).margin(0));
  }
}

TEMPLATE_TEST_CASE("activations run in place", "[kernels]", float, bf16, double) {
  for (const Activation<TestType>& activation : activations<TestType>()) {
    const auto x = inputs<TestType>(1000);
    auto y = x, y_in_place = x;
    activation.forward(nullptr, x.data(), y.data(), x.size());
    activation.forward(nullptr, y_in_place.data(), y_in_place.data(), x.size());
    REQUIRE(y.same_bits(y_in_place));
    auto dx = test::random_buffer<TestType>(x.size(), 6), dx_in_place = dx;
    const auto dy = dx;
    activation.backward(nullptr, y.data(), dy.data(), dx.data(), x.size());
    activation.backward(nullptr, y.data(), dx_in_place.data(), dx_in_place.data(), x.size());
    REQUIRE(dx.same_bits(dx_in_place));
  }
}

TEMPLATE_TEST_CASE("activations pass NaN on, so that divergence is seen", "[kernels]", float, bf16, double) {
  for (const Activation<TestType>& activation : activations<TestType>()) {
    const auto x = Aligned<TestType>(100, std::numeric_limits<double>::quiet_NaN());
    Aligned<TestType> y(100, 0.0);
    activation.forward(nullptr, x.data(), y.data(), x.size());
    for (const TestType value : y) REQUIRE(std::isnan(test::value_of(value)));
  }
}

}  // namespace
}  // namespace tandem
