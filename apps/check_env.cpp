#include <unistd.h>

#include <iomanip>
#include <iostream>
#include <thread>

#include "apps/check.h"
#include "apps/machine.h"
#include "engine/core/error.h"
#include "engine/device/gemm_cpu.h"
#include "engine/report/numbers.h"

namespace tandem {
namespace {

void print(const std::string& what, const std::string& value) {
  std::cout << std::left << std::setw(12) << what << value << '\n';
}

// The GPUs, or the reason why there is none.
std::string cuda_devices() {
  if (cuda_device_count() == 0) try {
      open_cuda(0, {});
    } catch (const Error& error) {
      return std::string("none: ") + error.what();
    }
  std::string list;
  for (int i = 0; i < cuda_device_count(); ++i) list += (i > 0 ? "; " : "") + open_cuda(i, {})->description();
  return list;
}

std::string bf16_rate(Device& device) {
  try {
    return fixed(measure_gemm_rate<bf16>(device), 0);
  } catch (const Error&) {
    return "none";  // the GPU's library has no such product for it
  }
}

}  // namespace

int check_env(const DeviceArguments& arguments) {
  const std::unique_ptr<Device> device = open_device(arguments);
  const uint64_t memory = uint64_t(sysconf(_SC_PHYS_PAGES)) * uint64_t(sysconf(_SC_PAGESIZE));
  print("processor", processor_name() + ", " + std::to_string(std::thread::hardware_concurrency()) + " threads");
  print("memory", human_bytes(memory));
  print("device", device->description());
  print("free there", human_bytes(device->available_bytes()));
  print("GEMM", fixed(measure_gemm_rate<float>(*device), 0) + " GFLOP/s in float32, " + bf16_rate(*device) +
                    " in bf16, measured; the CPU's is oneDNN " + onednn_version() + "'s");
  if (!device->multiplies_bf16()) print("", "no bf16 instructions: --precision bf16 saves memory and is slower");
  print("CUDA", cuda_devices());
  print("compiler", compiler());
  print("build", TANDEM_BUILD_TYPE);
  return kOk;
}

}  // namespace tandem
