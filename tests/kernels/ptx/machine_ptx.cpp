#include <cuda_runtime.h>

#include <new>
#include <stdexcept>

#include "tests/kernels/machine.h"
#include "tests/kernels/ptx/machine_ptx.h"

namespace tandem::test {
template <>
const Table<float>& table() {
  return cuda::table<float>();
}
template <>
const Table<bf16>& table() {
  return cuda::table<bf16>();
}
template <>
const Table<double>& table() {
  return host::table<double>();
}

// Pinned memory: the kernels' and the test's.
void* allocate(size_t bytes) {
  void* memory = nullptr;
  if (cudaMallocHost(&memory, bytes) != cudaSuccess) throw std::bad_alloc();
  return memory;
}
void release(void* memory) noexcept { cudaFreeHost(memory); }

void in_every_other_way(const std::function<void(Stream)>& run) {
  configure(ptx::Order::kReverse, 0);
  run(nullptr);
  for (const uint64_t seed : {1, 2}) {
    configure(ptx::Order::kRandom, seed);
    run(nullptr);
  }
  configure(ptx::Order::kForward, 0);
}

bool affordable(long elements) { return elements <= 100000; }

// Every launch runs at once, as a host kernel does: tests look at results without waiting for a stream.
void configure(ptx::Order order, uint64_t seed) {
  ptx::runtime::Settings settings;
  settings.launch_blocking = true;
  settings.interpreter.order = order;
  settings.interpreter.seed = seed;
  settings.interpreter.approximation_ulp = 2;
  ptx::runtime::configure(settings);
}

}  // namespace tandem::test
