#include <catch2/catch.hpp>

#include "tests/layers/layer_check.h"

namespace tandem::test {

TEST_CASE("concat puts channels behind each other and its gradients equal differences", "[layers]") {
  const std::vector<ImageShape> inputs = {{2, 3, 1}, {2, 3, 4}, {2, 3, 2}};
  check_layer({.name = "net.toml", .toml = "type = 'concat'", .inputs = inputs, .batch = 2},
              [&](const std::vector<Values>& x, const std::vector<Values>&) {
                Values y;
                for (int pixel = 0; pixel < 2 * 2 * 3; ++pixel)
                  for (size_t i = 0; i < inputs.size(); ++i)
                    for (int c = 0; c < inputs[i].channels; ++c) y.push_back(x[i][pixel * inputs[i].channels + c]);
                return y;
              });
}

TEST_CASE("slice takes its channels and its gradients equal differences", "[layers]") {
  for (const auto& [begin, end] : {std::pair{0, 2}, {1, 5}, {4, 5}, {0, 5}})
    check_layer({.name = "net.toml",
                 .toml = "type = 'slice'\nbegin = " + std::to_string(begin) + "\nend = " + std::to_string(end),
                 .inputs = {{3, 2, 5}},
                 .batch = 2},
                [begin = begin, end = end](const std::vector<Values>& x, const std::vector<Values>&) {
                  Values y;
                  for (int pixel = 0; pixel < 2 * 3 * 2; ++pixel)
                    for (int c = begin; c < end; ++c) y.push_back(x[0][pixel * 5 + c]);
                  return y;
                });
}

TEST_CASE("concat and slice refuse what cannot be", "[layers]") {
  check_refused("type = 'concat'", {{2, 2, 1}}, {"two or more", "1"});
  check_refused("type = 'concat'", {{2, 2, 1}, {2, 3, 1}}, {"2x2x1", "2x3x1"});
  for (const std::string range : {"begin = 2\nend = 2", "begin = -1\nend = 2", "begin = 1\nend = 6"})
    check_refused("type = 'slice'\n" + range, {{2, 2, 5}}, {"channels", "end <= 5"});
  check_refused("type = 'slice'\nbegin = 1", {{2, 2, 5}}, {"end", "missing"});
}

}  // namespace tandem::test
