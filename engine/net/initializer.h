// How a parameter's first values are drawn.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

namespace tandem {

class Options;

// constant: every value is `value`.          normal: N(0, value^2).
// uniform: U(-1, 1) / sqrt(fan_in), the default of PyTorch's convolution and linear layers.
// xavier: U(-1, 1) sqrt(6 / (fan_in + fan_out)) (Glorot & Bengio 2010, eq. 16).
// he: N(0, 2 / fan_in) (He et al. 2015, eq. 10).
struct Initializer {
  enum class Kind { constant, normal, uniform, xavier, he };
  Kind kind = Kind::constant;
  double value = 0;
};

// Reads a net file's "weights" or "biases" entry of `init`: a number (constant), "uniform", "xavier", "he", or a table
// { normal = 0.01 } / { constant = 1 }.
Initializer parse_initializer(const Options& options, const std::string& key, const Initializer& otherwise);

// Value i is a function of (seed, parameter, i) alone. fan_in and fan_out count the connections of one unit.
std::vector<float> draw_initial_values(const Initializer& initializer, uint64_t seed, uint32_t parameter, long count,
                                       long fan_in, long fan_out);

}  // namespace tandem
