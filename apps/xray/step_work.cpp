#include "apps/xray/step_work.h"

#include <algorithm>

namespace tandem {

double floor_seconds(const LeastWork& least, const Gpu& gpu, double flops_per_second) {
  const double bytes = least.column_bytes + least.activation_bytes + least.weight_bytes;
  return 2 * least.multiply_adds / (kGemmEfficiency * flops_per_second) + bytes / gpu.bytes_per_second +
         least.launches * kLaunchSeconds;
}

double foretold_seconds(const std::vector<KernelWork>& work, const Gpu& gpu, double flops_per_second) {
  double seconds = 0;
  for (const KernelWork& kernel : work)
    seconds +=
        2 * kernel.multiply_adds / (kGemmEfficiency * flops_per_second) +
        std::max(kernel.bytes / gpu.bytes_per_second, kernel.warp_instructions / gpu.warp_instructions_per_second) +
        kernel.launches * kLaunchSeconds;
  return seconds;
}

}  // namespace tandem
