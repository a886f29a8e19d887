// Checks kernels that are a whole convolution, forward and backward, against its definition in float64.
#pragma once
#include <catch2/catch.hpp>
#include <cmath>
#include <type_traits>
#include <vector>

#include "tests/kernels/buffer.h"
#include "tests/kernels/convolution_cases.h"
#include "tests/kernels/streams.h"

namespace tandem::test {

// Roundings of a sum in random order add up as its terms do: with the root of their number. bf16's last one hides them.
template <class T>
double sum_tolerance(double terms) {
  return std::is_same_v<T, bf16> ? tolerance<T>() : tolerance<T>() * std::sqrt(terms);
}

// y, dx and dw (added to its own old values if `accumulate`) by the definition.
struct ConvolutionReference {
  std::vector<double> y, dx, dw;

  ConvolutionReference(const Convolution& p, const std::vector<double>& x, const std::vector<double>& w,
                       const std::vector<double>& bias, const std::vector<double>& dy, std::vector<double> old_dw)
      : y(size_t(p.rows()) * p.out_channels), dx(x.size()), dw(std::move(old_dw)) {
    for (size_t i = 0; i < y.size(); ++i) y[i] = bias.empty() ? 0 : bias[i % size_t(p.out_channels)];
    for (int group = 0; group < p.groups; ++group)
      for_each_tap(p, group, [&](long row, int tap, long i) {
        if (i < 0) return;
        for (int o = group * p.group_outputs(); o < (group + 1) * p.group_outputs(); ++o) {
          const size_t output = size_t(row) * p.out_channels + o, weight = size_t(o) * p.taps() + tap;
          y[output] += w[weight] * x[i];
          dx[i] += w[weight] * dy[output];
          dw[weight] += x[i] * dy[output];
        }
      });
  }
};

// Passes is made of a Convolution, and has forward(stream, x, w, bias, y), backward_data(stream, dy, w, dx) and
// backward_weights(stream, x, dy, dw, accumulate).
template <class T, class Passes>
void check_convolution(const Convolution& p, bool with_bias) {
  INFO(name(p));
  const size_t outputs = size_t(p.rows()) * p.out_channels, weights = size_t(p.out_channels) * p.taps();
  const auto x = random_buffer<T>(inputs(p), 1), w = random_buffer<T>(weights, 2), dy = random_buffer<T>(outputs, 3);
  using A = Compute<T>;
  const auto bias = random_buffer<A>(size_t(p.out_channels), 4), old_dw = random_buffer<A>(weights, 5);
  const auto expected = [&](bool accumulate) {
    return ConvolutionReference(p, to_double(x), to_double(w), with_bias ? to_double(bias) : std::vector<double>(),
                                to_double(dy), accumulate ? to_double(old_dw) : std::vector<double>(weights));
  };
  const ConvolutionReference fresh = expected(false);
  Passes passes(p);

  const auto y = same_on_every_stream([&](Stream stream) {
    Aligned<T> result(outputs);
    passes.forward(stream, x.data(), w.data(), with_bias ? bias.data() : nullptr, result.data());
    return result;
  });
  REQUIRE(worst_error(y, fresh.y) < sum_tolerance<T>(p.taps()));
  const auto dx = same_on_every_stream([&](Stream stream) {
    Aligned<T> result(inputs(p));
    passes.backward_data(stream, dy.data(), w.data(), result.data());
    return result;
  });
  REQUIRE(worst_error(dx, fresh.dx) < sum_tolerance<T>(double(p.kernel) * p.kernel * p.group_outputs()));
  for (const bool accumulate : {false, true}) {
    const auto dw = same_on_every_stream([&](Stream stream) {
      Aligned<A> result = accumulate ? old_dw : Aligned<A>(weights);
      passes.backward_weights(stream, x.data(), dy.data(), result.data(), accumulate);
      return result;
    });
    REQUIRE(worst_error(dw, accumulate ? expected(true).dw : fresh.dw) < sum_tolerance<A>(double(p.rows())));
  }
}

}  // namespace tandem::test
