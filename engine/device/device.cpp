#include "engine/device/device.h"

#include <chrono>

#include "engine/core/error.h"
#include "engine/device/tensor.h"

namespace tandem {

#ifndef TANDEM_CUDA
int cuda_device_count() { return 0; }
std::unique_ptr<Device> open_cuda(int index, const DeviceOptions&) {
  throw UsageError("--device cuda:" + std::to_string(index), "this build has no CUDA half",
                   "use --device cpu, or install an nvcc >= 12 and build again");
}
#endif

std::unique_ptr<Device> Device::open(const std::string& spec, const DeviceOptions& options) {
  if (spec == "cpu") return open_cpu(options);
  if (spec == "auto") return cuda_device_count() > 0 ? open_cuda(0, options) : open_cpu(options);
  const std::string prefix = "cuda:";
  const std::string digits = spec.starts_with(prefix) ? spec.substr(prefix.size()) : "";
  if (digits.empty() || digits.size() > 4 || digits.find_first_not_of("0123456789") != std::string::npos)
    throw UsageError("--device " + spec, "is not a device", "use auto, cpu or cuda:N");
  return open_cuda(std::stoi(digits), options);
}

template <class T>
double measure_gemm_rate(Device& device, double seconds) {
  using Clock = std::chrono::steady_clock;
  constexpr long m = 512, n = 384, k = 2304;  // a tile of AlexNet's third convolution
  const long tiles = 4L * device.threads();
  Array<T> a(device, tiles * m * k), b(device, n * k), c(device, tiles * m * n);
  device.kernels<T>().fill(device.stream(), a.data(), a.size(), 0.5);
  device.kernels<T>().fill(device.stream(), b.data(), b.size(), 0.25);
  const auto round = [&] {
    device.for_tiles(tiles, 0, [&](long tile, const Lane& lane) {
      device.gemm(lane, Gemm<T>{.m = m,
                                .n = n,
                                .k = k,
                                .a = a.data() + tile * m * k,
                                .lda = k,
                                .b = b.data(),
                                .ldb = n,
                                .c = c.data() + tile * m * n,
                                .ldc = n});
    });
    device.synchronize();
  };
  round();  // warm-up: code generation, first touch
  long rounds = 0;
  const auto start = Clock::now();
  double elapsed = 0;
  do {
    round();
    ++rounds;
    elapsed = std::chrono::duration<double>(Clock::now() - start).count();
  } while (elapsed < seconds);
  return 2.0 * m * n * k * double(tiles) * double(rounds) / elapsed * 1e-9;
}

template double measure_gemm_rate<float>(Device&, double);
template double measure_gemm_rate<bf16>(Device&, double);

}  // namespace tandem
