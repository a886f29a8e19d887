// The last error, and errors in words.
#include <string>
#include <utility>

#include "kernels/ptx/runtime/state.h"

using namespace tandem::ptx::runtime;

namespace {

const std::pair<const char*, const char*>& words(cudaError_t error) {
#define NAMED(name, text) \
  {                       \
    name, { #name, text } \
  }
  static const std::map<cudaError_t, std::pair<const char*, const char*>> all = {
      NAMED(cudaSuccess, "no error"),
      NAMED(cudaErrorInvalidValue, "invalid argument"),
      NAMED(cudaErrorMemoryAllocation, "out of memory"),
      NAMED(cudaErrorInvalidConfiguration, "invalid configuration argument"),
      NAMED(cudaErrorInvalidDevice, "invalid device ordinal"),
      NAMED(cudaErrorInvalidDeviceFunction, "invalid device function"),
      NAMED(cudaErrorInvalidSymbol, "invalid device symbol"),
      NAMED(cudaErrorInvalidResourceHandle, "invalid resource handle"),
      NAMED(cudaErrorNoDevice, "no CUDA-capable device is detected"),
      NAMED(cudaErrorNoKernelImageForDevice, "no kernel image is available for execution on the device"),
      NAMED(cudaErrorIllegalAddress, "an illegal memory access was encountered"),
      NAMED(cudaErrorMisalignedAddress, "misaligned address"),
      NAMED(cudaErrorLaunchFailure, "unspecified launch failure"),
      NAMED(cudaErrorLaunchTimeout, "the launch timed out and was terminated"),
      NAMED(cudaErrorLaunchOutOfResources, "too many resources requested for launch"),
      NAMED(cudaErrorNotReady, "device not ready"),
      NAMED(cudaErrorMissingConfiguration, "__global__ function call is not configured"),
      NAMED(cudaErrorUnknown, "unknown error"),
  };
#undef NAMED
  static const std::pair<const char*, const char*> unknown = {"unrecognised error", "unrecognised error code"};
  const auto found = all.find(error);
  return found == all.end() ? unknown : found->second;
}

}  // namespace

extern "C" {

cudaError_t cudaGetLastError() { return std::exchange(last_error(), cudaSuccess); }
cudaError_t cudaPeekAtLastError() { return last_error(); }
const char* cudaGetErrorName(cudaError_t error) { return words(error).first; }
const char* cudaGetErrorString(cudaError_t error) { return words(error).second; }

}  // extern "C"
