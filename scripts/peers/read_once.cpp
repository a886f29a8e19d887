// How long it takes to read so many bytes once: what inference on one image cannot beat, for every weight is used once.
//
//   read_once BYTES      prints {"seconds": ...}, the best of a few
// Build: g++ -O3 -march=native -fopenmp read_once.cpp
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <vector>

int main(int argc, char** argv) {
  const long bytes = argc == 2 ? std::atol(argv[1]) : 0;
  if (bytes < 8) return std::fprintf(stderr, "usage: read_once BYTES\n"), 2;
  const std::vector<uint64_t> words(size_t(bytes) / sizeof(uint64_t), 1);
  const uint64_t* const data = words.data();
  double best = 1e9;
  uint64_t sum = 0;
  for (int round = 0; round < 6; ++round) {
    const auto start = std::chrono::steady_clock::now();
#pragma omp parallel for simd reduction(+ : sum)
    for (size_t i = 0; i < words.size(); ++i) sum += data[i];
    best = std::min(best, std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
  }
  if (sum != 6 * words.size()) return std::fprintf(stderr, "the words do not add up\n"), 1;
  std::printf("{\"seconds\": %.9f}\n", best);
}
