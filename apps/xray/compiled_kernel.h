// The kernels that were launched, as ptxas compiles them for each GPU.
#pragma once
#include <string>
#include <vector>

#include "apps/xray/gpu.h"
#include "apps/xray/ptxas.h"

namespace tandem {

struct KernelOnGpu {
  CompiledKernel compiled;
  double occupancy = 0;  // of a multiprocessor, 0 to 1
};

struct LaunchedKernel {
  LaunchShape shape;
  std::vector<KernelOnGpu> on;  // as gpus()
};

// For all shapes of the microscope that is still loaded: asks ptxas, once a module and GPU.
std::vector<LaunchedKernel> compile_launched(const std::vector<LaunchShape>& shapes);

}  // namespace tandem
