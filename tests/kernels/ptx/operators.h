// operators.cu as nvcc compiles it for several targets, in several orders of blocks and warps.
#pragma once
#include <catch2/catch.hpp>
#include <cstring>

#include "program.h"

namespace tandem::ptx {

struct Variant {
  const char* file;
  Order order = Order::kForward;
  bool fast_math = false;
};

inline Variant any_variant() {
  return GENERATE(Variant{"operators.ptx"}, Variant{"operators.ptx", Order::kReverse},
                  Variant{"operators.ptx", Order::kRandom}, Variant{"operators_sm_90.ptx"},
                  Variant{"operators_fast_math.ptx", Order::kForward, true});
}

class Operators : public Program {
 public:
  Variant variant;

  Operators() : Operators(any_variant()) {}

  uint32_t draw() {
    random_ ^= random_ << 13;
    random_ ^= random_ >> 17;
    random_ ^= random_ << 5;
    return random_;
  }
  float draw(float low, float high) { return low + (high - low) * float(draw() >> 8) / 16777216.0f; }
  std::vector<float> random_floats(size_t count, float low, float high) {
    std::vector<float> values(count);
    for (float& value : values) value = draw(low, high);
    return values;
  }

  // Runs a kernel, which must do nothing wrong.
  template <class... Arguments>
  void run(const std::string& kernel, Dim3 grid, Dim3 block, uint64_t shared, const Arguments&... arguments) {
    INFO(kernel << " of " << variant.file);
    REQUIRE(launch(kernel, grid, block, shared, arguments...).clean());
  }
  template <class T>
  void check_same_bits(Address address, const std::vector<T>& expected) {
    const std::vector<T> actual = download<T>(address, expected.size());
    INFO(variant.file);
    REQUIRE(std::memcmp(actual.data(), expected.data(), expected.size() * sizeof(T)) == 0);
  }

 private:
  explicit Operators(const Variant& variant) : Program(read_ptx(variant.file), settings(variant)), variant(variant) {}
  static Settings settings(const Variant& variant) {
    Settings settings;
    settings.order = variant.order;
    settings.seed = 7;
    return settings;
  }

  uint32_t random_ = 12345;
};

}  // namespace tandem::ptx
