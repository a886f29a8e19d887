// The numbers of the golden networks: every parameter, input and label is a function of two counters, so that the files
// need not hold them (tests/data/goldens/README.md, "Networks: the generator").
#pragma once
#include <cstdint>
#include <vector>

namespace tandem::test {

// splitmix64 (Steele, Lea, Flood 2014), one step from state x.
uint64_t splitmix64(uint64_t x);

// Number i of tensor t, uniform in [-scale / 2, scale / 2).
float generate(uint64_t t, uint64_t i, double scale);
std::vector<double> generate_all(uint64_t t, long count, double scale);

// The README's check values. Throws Error where one differs.
void check_generator();

}  // namespace tandem::test
