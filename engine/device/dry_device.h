// A GPU on which nothing happens: no kernel runs, GEMM returns at once, and memory is addresses without pages.
// Observed, it tells what a step of any size would call.
#pragma once
#include <memory>

#include "engine/device/observed_device.h"

namespace tandem {

// float only; what is downloaded is zero. `observer` must outlive the device.
std::unique_ptr<Device> observe_dry_gpu(KernelObserver& observer);

}  // namespace tandem
