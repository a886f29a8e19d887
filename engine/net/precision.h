// How a net stores activations, their gradients and what GEMM reads. Whatever it is, parameters, their gradients and
// momentum, sums and losses are in float32.
#pragma once
#include <optional>
#include <string>
#include <vector>

namespace tandem {

enum class Precision { float32, bf16 };
inline constexpr Precision kPrecisions[] = {Precision::float32, Precision::bf16};

inline std::string name_of(Precision precision) { return precision == Precision::bf16 ? "bf16" : "float32"; }

inline std::vector<std::string> precision_names() {
  std::vector<std::string> names;
  for (const Precision precision : kPrecisions) names.push_back(name_of(precision));
  return names;
}

inline std::optional<Precision> precision_from_name(const std::string& name) {
  for (const Precision precision : kPrecisions)
    if (name == name_of(precision)) return precision;
  return {};
}

}  // namespace tandem
