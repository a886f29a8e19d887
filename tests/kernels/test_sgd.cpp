#include <catch2/catch.hpp>
#include <vector>

#include "kernels/table.h"
#include "tests/kernels/buffer.h"
#include "tests/kernels/streams.h"

namespace tandem {
namespace {

using test::Aligned;

// Weights and momentum as one buffer, [w | v], so that a test compares both.
template <class T>
Aligned<T> after_step(Stream stream, const Aligned<T>& w, const Aligned<T>& v, const Aligned<T>& g,
                      const SgdStep& step) {
  Aligned<T> new_w = w, new_v = v, both(2 * w.size());
  test::table<T>().sgd(stream, new_w.data(), new_v.data(), g.data(), w.size(), step);
  std::copy(new_w.begin(), new_w.end(), both.begin());
  std::copy(new_v.begin(), new_v.end(), both.begin() + w.size());
  return both;
}

TEMPLATE_TEST_CASE("sgd is the paper's rule", "[kernels]", float, bf16, double) {
  const SgdStep step{0.01, 0.9, 0.05};
  for (const size_t n : {1, 3, 33, 96, 5001}) {
    const auto w = test::random_buffer<TestType>(n, 1), v = test::random_buffer<TestType>(n, 2),
               g = test::random_buffer<TestType>(n, 3);
    std::vector<double> expected(2 * n);
    for (size_t i = 0; i < n; ++i) {
      expected[n + i] = step.momentum * test::value_of(v[i]) - step.decay * step.rate * test::value_of(w[i]) -
                        step.rate * test::value_of(g[i]);
      expected[i] = test::value_of(w[i]) + expected[n + i];
    }
    const auto both = test::same_on_every_stream([&](Stream stream) { return after_step(stream, w, v, g, step); });
    REQUIRE(test::worst_error(both, expected) < test::tolerance<TestType>());
  }
}

TEST_CASE("sgd's rate sits inside the momentum: a new rate does not rescale the old steps", "[kernels]") {
  const Aligned<double> w{1}, v{0}, g{2};
  const auto first = after_step<double>(nullptr, w, v, g, {0.1, 0.5, 0});
  REQUIRE(first[1] == Approx(-0.2));  // v
  const auto second =
      after_step<double>(nullptr, Aligned<double>{first[0]}, Aligned<double>{first[1]}, g, {0.01, 0.5, 0});
  REQUIRE(second[1] == Approx(-0.1 - 0.02));
  REQUIRE(second[0] == Approx(1 - 0.2 - 0.12));
}

}  // namespace
}  // namespace tandem
