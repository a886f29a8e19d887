#include <sys/utsname.h>
#include <unistd.h>

#include <fstream>
#include <iomanip>
#include <iostream>
#include <thread>

#include "apps/check.h"
#include "engine/core/error.h"
#include "engine/report/numbers.h"

namespace tandem {
namespace {

void print(const std::string& what, const std::string& value) {
  std::cout << std::left << std::setw(12) << what << value << '\n';
}

// As the kernel names it; machines without a "model name" are named by their architecture.
std::string processor_name() {
  std::ifstream file("/proc/cpuinfo");
  for (std::string line; std::getline(file, line);)
    if (line.starts_with("model name")) return line.substr(line.find(':') + 2);
  utsname names{};
  uname(&names);
  return names.machine;
}

std::string compiler() {
#ifdef __clang__
  return __VERSION__;  // begins with "Clang"
#else
  return std::string("GCC ") + __VERSION__;
#endif
}

// The GPUs, or the reason why there is none.
std::string cuda_devices() {
  if (cuda_device_count() == 0) try {
      open_cuda(0);
    } catch (const Error& error) {
      return std::string("none: ") + error.what();
    }
  std::string list;
  for (int i = 0; i < cuda_device_count(); ++i) list += (i > 0 ? "; " : "") + open_cuda(i)->description();
  return list;
}

}  // namespace

int check_env(const DeviceArguments& arguments) {
  const std::unique_ptr<Device> device = open_device(arguments);
  const uint64_t memory = uint64_t(sysconf(_SC_PHYS_PAGES)) * uint64_t(sysconf(_SC_PAGESIZE));
  print("processor", processor_name() + ", " + std::to_string(std::thread::hardware_concurrency()) + " threads");
  print("memory", human_bytes(memory));
  print("device", device->description());
  print("free there", human_bytes(device->available_bytes()));
  print("GEMM", fixed(measure_gemm_rate(*device), 0) + " GFLOP/s in float32, measured");
  print("CUDA", cuda_devices());
  print("compiler", compiler());
  print("build", TANDEM_BUILD_TYPE);
  return kOk;
}

}  // namespace tandem
