// Between storage types and float64, through what the type is computed in (bf16 converts explicitly, from and to
// float).
#pragma once
#include <algorithm>
#include <vector>

#include "kernels/bf16.h"

namespace tandem::test {

template <class T>
T to(double value) {
  return static_cast<T>(static_cast<Compute<T>>(value));
}
template <class T>
double value_of(T stored) {
  return static_cast<double>(static_cast<Compute<T>>(stored));
}

template <class T>
std::vector<T> all_to(const std::vector<double>& values) {
  std::vector<T> result(values.size());
  std::transform(values.begin(), values.end(), result.begin(), to<T>);
  return result;
}
template <class T>
std::vector<double> values_of(const std::vector<T>& stored) {
  std::vector<double> result(stored.size());
  std::transform(stored.begin(), stored.end(), result.begin(), value_of<T>);
  return result;
}

}  // namespace tandem::test
