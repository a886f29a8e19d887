#include <catch2/catch.hpp>
#include <vector>

#include "kernels/table.h"
#include "tests/kernels/buffer.h"
#include "tests/kernels/streams.h"

namespace tandem {
namespace {

using test::Aligned;

template <class T>
using Step = SgdStep<Compute<T>>;

// Of as many tensors as there are steps: block after block belongs to the next one.
template <class T>
struct Tables {
  Tables(size_t n, const std::vector<Step<T>>& each)
      : tensor_of_block((n + kSgdBlock - 1) / kSgdBlock), steps(each.size()) {
    for (size_t b = 0; b < tensor_of_block.size(); ++b) tensor_of_block[b] = int32_t(b % each.size());
    std::copy(each.begin(), each.end(), steps.begin());
  }
  Aligned<int32_t> tensor_of_block;
  Aligned<Step<T>> steps;
};

// Weights and momentum as one buffer, [w | v], so that a test compares both.
template <class T>
Aligned<T> after_step(Stream stream, const Aligned<T>& w, const Aligned<T>& v, const Aligned<T>& g,
                      const Tables<T>& tables) {
  Aligned<T> new_w = w, new_v = v, both(2 * w.size());
  test::table<T>().sgd(stream, new_w.data(), new_v.data(), g.data(), w.size(), tables.tensor_of_block.data(),
                       tables.steps.data());
  std::copy(new_w.begin(), new_w.end(), both.begin());
  std::copy(new_v.begin(), new_v.end(), both.begin() + w.size());
  return both;
}

// Of one number.
double velocity_after(double w, double v, double g, const Step<double>& step) {
  return after_step<double>(nullptr, {w}, {v}, {g}, {1, {step}})[1];
}

TEMPLATE_TEST_CASE("sgd is the paper's rule, with each tensor's own rate, momentum and decay", "[kernels]", float, bf16,
                   double) {
  using C = Compute<TestType>;
  const std::vector<Step<TestType>> steps = {
      {C(0.01), C(0.9), C(0.0005)}, {C(0.5), C(0.25), C(0)}, {C(0), C(0.5), C(0)}};
  for (const size_t n : {1, 3, 33, kSgdBlock - 1, kSgdBlock, kSgdBlock + 1, 5 * kSgdBlock + 7}) {
    const auto w = test::random_buffer<TestType>(n, 1), v = test::random_buffer<TestType>(n, 2),
               g = test::random_buffer<TestType>(n, 3);
    std::vector<double> expected(2 * n);
    for (size_t i = 0; i < n; ++i) {
      const Step<TestType>& step = steps[i / kSgdBlock % steps.size()];
      expected[n + i] = step.momentum * test::value_of(v[i]) - step.decay_rate * test::value_of(w[i]) -
                        step.rate * test::value_of(g[i]);
      expected[i] = test::value_of(w[i]) + expected[n + i];
    }
    const Tables<TestType> tables(n, steps);
    const auto both = test::same_on_every_stream([&](Stream stream) { return after_step(stream, w, v, g, tables); });
    REQUIRE(test::worst_error(both, expected) < test::tolerance<TestType>());
  }
}

TEST_CASE("sgd's rate sits inside the momentum: a new rate does not rescale the old steps", "[kernels]") {
  const double v = velocity_after(1, 0, 2, {0.1, 0.5, 0});
  REQUIRE(v == Approx(-0.2));
  REQUIRE(velocity_after(1 + v, v, 2, {0.01, 0.5, 0}) == Approx(-0.1 - 0.02));
}

}  // namespace
}  // namespace tandem
