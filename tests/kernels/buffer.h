// What every kernel test needs: buffers as the kernels' contract wants them, repeatable inputs, and comparison in
// float64.
#pragma once
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <initializer_list>
#include <memory>
#include <string>
#include <type_traits>
#include <vector>

#include "kernels/bf16.h"
#include "tests/kernels/machine.h"
#include "tests/stored.h"

namespace tandem::test {

// A fixed-size array that starts on 64 bytes and is padded to a multiple of 64 bytes, as kernels/table.h asks. Elements
// start as all-ones bits (NaN in every floating type), and so does the padding: what a kernel fails to write shows, and
// what it must not read into a result does too.
template <class T>
class Aligned {
 public:
  Aligned() = default;
  explicit Aligned(size_t size) : size_(size), data_(allocate(size)) {}
  Aligned(size_t size, double value) : Aligned(size) { std::fill(begin(), end(), to<T>(value)); }
  Aligned(std::initializer_list<double> values) : Aligned(values.size()) {
    std::transform(values.begin(), values.end(), begin(), to<T>);
  }
  Aligned(const Aligned& other) : Aligned(other.size_) { std::copy(other.begin(), other.end(), begin()); }
  Aligned(Aligned&& other) noexcept = default;
  Aligned& operator=(Aligned other) noexcept {
    std::swap(size_, other.size_);
    std::swap(data_, other.data_);
    return *this;
  }

  size_t size() const { return size_; }
  T* data() { return data_.get(); }
  const T* data() const { return data_.get(); }
  T* begin() { return data(); }
  T* end() { return data() + size_; }
  const T* begin() const { return data(); }
  const T* end() const { return data() + size_; }
  T& operator[](size_t i) { return data_.get()[i]; }
  const T& operator[](size_t i) const { return data_.get()[i]; }

  bool same_bits(const Aligned& other) const {
    return size_ == other.size_ && (size_ == 0 || std::memcmp(data(), other.data(), size_ * sizeof(T)) == 0);
  }

 private:
  struct Free {
    void operator()(T* data) const { release(data); }
  };
  using Pointer = std::unique_ptr<T[], Free>;

  static Pointer allocate(size_t size) {
    const size_t bytes = (size * sizeof(T) + 63) / 64 * 64;
    void* data = test::allocate(bytes);
    std::memset(data, 0xFF, bytes);
    return Pointer(static_cast<T*>(data));
  }

  size_t size_ = 0;
  Pointer data_;
};

// Uniform numbers in [-1, 1) by splitmix64 (Steele, Lea, Flood 2014), the same on every machine.
class Random {
 public:
  explicit Random(uint64_t seed) : state_(seed) {}
  uint64_t bits() {
    uint64_t z = (state_ += 0x9E3779B97F4A7C15u);
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
  }
  double uniform() { return double(bits() >> 11) * 0x1p-52 - 1; }
  int below(int bound) { return int(bits() % uint64_t(bound)); }

 private:
  uint64_t state_;
};

template <class T>
Aligned<T> random_buffer(size_t size, uint64_t seed) {
  Random random(seed);
  Aligned<T> result(size);
  for (T& element : result) element = to<T>(random.uniform());
  return result;
}

// The buffer's values in float64, for the references.
template <class T>
std::vector<double> to_double(const Aligned<T>& buffer) {
  std::vector<double> result(buffer.size());
  std::transform(buffer.begin(), buffer.end(), result.begin(), value_of<T>);
  return result;
}

// One rounding to T, with a little room for the order of a short sum.
template <class T>
constexpr double tolerance() {
  return std::is_same_v<T, double> ? 1e-14 : std::is_same_v<T, float> ? 1e-6 : 1e-2;
}

// The largest |actual - expected| / max(1, |expected|); infinity when sizes differ or anything is not a number.
template <class T>
double worst_error(const Aligned<T>& actual, const std::vector<double>& expected) {
  if (actual.size() != expected.size()) return HUGE_VAL;
  const std::vector<double> got = to_double(actual);
  double worst = 0;
  for (size_t i = 0; i < got.size(); ++i) {
    const double error = std::abs(got[i] - expected[i]) / std::max(1.0, std::abs(expected[i]));
    if (!(error <= worst)) worst = std::isnan(error) ? HUGE_VAL : error;
  }
  return worst;
}

}  // namespace tandem::test
