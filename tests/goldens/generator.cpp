#include "tests/goldens/generator.h"

#include "engine/core/error.h"

namespace tandem::test {

uint64_t splitmix64(uint64_t x) {
  uint64_t z = x + 0x9E3779B97F4A7C15u;
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
  return z ^ (z >> 31);
}

float generate(uint64_t t, uint64_t i, double scale) {
  return float((double(splitmix64((t << 32) + i) >> 40) / 16777216.0 - 0.5) * scale);
}

std::vector<double> generate_all(uint64_t t, long count, double scale) {
  std::vector<double> values(count);
  for (long i = 0; i < count; ++i) values[i] = generate(t, uint64_t(i), scale);
  return values;
}

void check_generator() {
  const auto require = [](bool right) {
    if (!right) throw Error("the goldens' generator", "does not give its published check values");
  };
  require(splitmix64(0) == 0xE220A8397B1DCDAFu);
  require(splitmix64(1) == 0x910A2DEC89025CC1u);
  require(splitmix64(uint64_t(1) << 32) == 0xC42C5A1AA3820138u);
  require(splitmix64(uint64_t(1000) << 32) == 0xDE20A33138519393u);
  require(splitmix64(uint64_t(2000) << 32) == 0x99DD7C7543CFE081u);
  require(generate(0, 0, 1) == 0.383310795f);
  require(generate(0, 1, 1) == 0.0665615201f);
  require(generate(1, 0, 1) == 0.266301751f);
  require(generate(1000, 0, 1) == 0.367685497f);
}

}  // namespace tandem::test
