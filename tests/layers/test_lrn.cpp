#include <catch2/catch.hpp>
#include <cmath>

#include "tests/layers/layer_check.h"

namespace tandem::test {
namespace {

constexpr double kAlpha = 0.3, kBeta = 0.75, kK = 2;
const std::string kKeys = "\nalpha = 0.3\nbeta = 0.75\nk = 2";

// The paper's section 3.3, inside each of `groups` parts of the channels.
Reference across_channels(int channels, int n, int groups) {
  return [=](const std::vector<Values>& inputs, const std::vector<Values>&) {
    Values y;
    const int width = channels / groups;
    for (size_t i = 0; i < inputs[0].size(); ++i) {
      const int c = int(i % channels), first = c / width * width;
      double squares = 0;
      for (int other = std::max(first, c - n / 2); other <= std::min(first + width - 1, c + n / 2); ++other)
        squares += inputs[0][i - c + other] * inputs[0][i - c + other];
      y.push_back(inputs[0][i] / std::pow(kK + kAlpha * squares, kBeta));
    }
    return y;
  };
}

Reference same_map(ImageShape shape, int n) {
  return [=](const std::vector<Values>& inputs, const std::vector<Values>&) {
    Values y;
    for (size_t i = 0; i < inputs[0].size(); ++i) {
      const int h = int(i / shape.channels / shape.width) % shape.height, w = int(i / shape.channels) % shape.width;
      double squares = 0;
      for (int down = -(n / 2); down <= n / 2; ++down)
        for (int right = -(n / 2); right <= n / 2; ++right) {
          if (h + down < 0 || h + down >= shape.height || w + right < 0 || w + right >= shape.width) continue;
          const double x = inputs[0][long(i) + (long(down) * shape.width + right) * shape.channels];
          squares += x * x;
        }
      y.push_back(inputs[0][i] / std::pow(kK + kAlpha * squares, kBeta));
    }
    return y;
  };
}

}  // namespace

TEST_CASE("lrn equals the paper's formula and its gradients equal differences", "[layers]") {
  const auto check = [](int channels, int n, int groups) {
    check_layer({.name = "net.toml",
                 .toml = "type = 'lrn'\nn = " + std::to_string(n) + "\ngroups = " + std::to_string(groups) + kKeys,
                 .inputs = {{3, 2, channels}},
                 .batch = 2},
                across_channels(channels, n, groups));
  };
  check(12, 5, 1);
  check(12, 5, 2);
  check(3, 9, 1);  // a window wider than the channels
  check(4, 1, 4);
}

TEST_CASE("lrn-same-map equals its formula and its gradients equal differences", "[layers]") {
  for (const int n : {1, 3, 5})
    check_layer({.name = "net.toml",
                 .toml = "type = 'lrn-same-map'\nn = " + std::to_string(n) + kKeys,
                 .inputs = {{5, 4, 3}},
                 .batch = 2},
                same_map({5, 4, 3}, n));
}

TEST_CASE("lrn refuses what cannot be", "[layers]") {
  check_refused("type = 'lrn'\nn = 4" + kKeys, {{2, 2, 8}}, {"'n'", "odd", "4"});
  check_refused("type = 'lrn'\nn = 0" + kKeys, {{2, 2, 8}}, {"'n'"});
  check_refused("type = 'lrn'\nn = 5\ngroups = 3" + kKeys, {{2, 2, 8}}, {"8 channels", "3 groups"});
  check_refused("type = 'lrn'\nn = 5\nalpha = 1\nbeta = 1\nk = 0", {{2, 2, 8}}, {"'k'"});
  check_refused("type = 'lrn'\nn = 5\nalpha = -1\nbeta = 1\nk = 1", {{2, 2, 8}}, {"'alpha'"});
  check_refused("type = 'lrn'\nn = 5", {{2, 2, 8}}, {"alpha", "missing"});
  check_refused("type = 'lrn-same-map'\nn = 5\ngroups = 2" + kKeys, {{2, 2, 8}}, {"groups"});
}

}  // namespace tandem::test
