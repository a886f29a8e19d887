// Launches: checked at the call, run when the stream comes to it.
#include <algorithm>
#include <cstring>

#include "kernels/ptx/error.h"
#include "kernels/ptx/runtime/device.h"
#include "kernels/ptx/runtime/state.h"

using namespace tandem::ptx;
using namespace tandem::ptx::runtime;

namespace {

// A launch with copies of its arguments, since the caller's may be gone when it runs.
struct QueuedLaunch {
  Module* module;
  const Kernel* kernel;
  LaunchConfiguration configuration;
  std::vector<std::vector<uint8_t>> arguments;
};

// What a program sees of a kernel's problems: nothing of a race, an error for what stops a GPU.
cudaError_t error_of(const Problems& problems, const std::array<uint64_t, kProblemKinds>& before) {
  const std::pair<Problem, cudaError_t> errors[] = {{Problem::kTrap, cudaErrorLaunchFailure},
                                                    {Problem::kTimeout, cudaErrorLaunchTimeout},
                                                    {Problem::kMisaligned, cudaErrorMisalignedAddress},
                                                    {Problem::kGlobalOutOfBounds, cudaErrorIllegalAddress},
                                                    {Problem::kReadOnly, cudaErrorIllegalAddress},
                                                    {Problem::kSharedOutOfBounds, cudaErrorIllegalAddress},
                                                    {Problem::kLocalOutOfBounds, cudaErrorIllegalAddress},
                                                    {Problem::kParameterOutOfBounds, cudaErrorIllegalAddress}};
  for (const auto& [kind, error] : errors) {
    if (problems.count(kind) > before[size_t(kind)]) return error;
  }
  return cudaSuccess;
}

void run(State& state, const QueuedLaunch& launch) {
  if (state.sticky != cudaSuccess) return;
  const Problems& problems = state.machine.problems();
  std::array<uint64_t, kProblemKinds> before{};
  for (size_t kind = 0; kind < before.size(); ++kind) before[kind] = problems.count(Problem(kind));
  const size_t told = problems.messages().size();
  std::vector<const void*> pointers;
  for (const auto& argument : launch.arguments) pointers.push_back(argument.data());
  LaunchConfiguration configuration = launch.configuration;
  configuration.arguments = pointers.data();
  configuration.argument_count = pointers.size();
  LaunchRecord record{.kernel = launch.kernel->demangled,
                      .symbol = launch.kernel->name,
                      .grid = configuration.grid,
                      .block = configuration.block,
                      .dynamic_shared_bytes = configuration.dynamic_shared_bytes,
                      .result = {}};
  try {
    record.result = state.machine.launch(*launch.module, launch.kernel->name, configuration);
  } catch (const Error& error) {
    std::fprintf(stderr, "CUDA stand-in: %s: %s\n", launch.kernel->demangled.c_str(), error.what());
    state.sticky = cudaErrorLaunchFailure;
    return;
  }
  ++state.launches;
  for (size_t i = told; i < problems.messages().size() && state.settings.print_problems; ++i) {
    std::fprintf(stderr, "%s\n", problems.messages()[i].c_str());
  }
  state.sticky = error_of(problems, before);
  if (state.settings.after_launch) state.settings.after_launch(record);
}

cudaError_t check(const State& state, const DeviceFunction& function, const Kernel& kernel, dim3 grid, dim3 block,
                  size_t shared_bytes) {
  const uint64_t threads = uint64_t(block.x) * block.y * block.z;
  const bool grid_fits = std::min({grid.x, grid.y, grid.z}) >= 1 && std::max(grid.y, grid.z) <= 65535;
  if (threads == 0 || threads > 1024 || block.z > 64 || !grid_fits) return cudaErrorInvalidConfiguration;
  if (kernel.max_threads && threads > kernel.max_threads) return cudaErrorInvalidConfiguration;
  // More than 48 KB has to be asked for.
  const size_t total = kernel.static_shared_bytes + shared_bytes;
  const size_t allowed = std::max<size_t>(kSharedBytesPerBlock, function.max_dynamic_shared_bytes);
  if (total > std::min(allowed, max_shared_bytes(state.settings.compute_capability))) return cudaErrorInvalidValue;
  return cudaSuccess;
}

cudaError_t queue_launch(State& state, const void* stub, dim3 grid, dim3 block, void** arguments, size_t shared_bytes,
                         cudaStream_t handle) {
  const auto found = state.functions.find(stub);
  if (found == state.functions.end()) return cudaErrorInvalidDeviceFunction;
  Stream* stream = state.stream(handle);
  if (!stream) return cudaErrorInvalidResourceHandle;
  if (++state.launch_calls == state.settings.fail_launch) return cudaErrorLaunchOutOfResources;
  Module& module = state.module(*found->second.binary);
  const Kernel* kernel = nullptr;
  try {
    kernel = &module.kernel(found->second.name);
  } catch (const Error& error) {
    std::fprintf(stderr, "CUDA stand-in: %s\n", error.what());
    return cudaErrorNoKernelImageForDevice;
  }
  if (const cudaError_t error = check(state, found->second, *kernel, grid, block, shared_bytes)) return error;
  QueuedLaunch launch{&module, kernel, {{grid.x, grid.y, grid.z}, {block.x, block.y, block.z}, shared_bytes}, {}};
  for (size_t k = 0; k < kernel->parameters.size(); ++k) {
    const auto* bytes = static_cast<const uint8_t*>(arguments[k]);
    launch.arguments.emplace_back(bytes, bytes + kernel->parameters[k].bytes);
  }
  found->second.launched = true;
  state.streams.add(stream, [&state, launch = std::move(launch)] { run(state, launch); });
  if (!state.settings.launch_blocking) return cudaSuccess;
  state.streams.run_all();
  return state.sticky;
}

}  // namespace

extern "C" {

cudaError_t cudaLaunchKernel(const void* stub, dim3 grid, dim3 block, void** arguments, size_t shared_bytes,
                             cudaStream_t stream) {
  return call([&](State& state) { return queue_launch(state, stub, grid, block, arguments, shared_bytes, stream); });
}

// A "kernel" is its stub here.
cudaError_t __cudaGetKernel(cudaKernel_t* kernel, const void* stub) {
  *kernel = static_cast<cudaKernel_t>(const_cast<void*>(stub));
  return cudaSuccess;
}

cudaError_t __cudaLaunchKernel(cudaKernel_t kernel, dim3 grid, dim3 block, void** arguments, size_t shared_bytes,
                               cudaStream_t stream) {
  return cudaLaunchKernel(kernel, grid, block, arguments, shared_bytes, stream);
}

// Attributes ask for clusters and early starts, which change no result.
cudaError_t cudaLaunchKernelExC(const cudaLaunchConfig_t* config, const void* stub, void** arguments) {
  return cudaLaunchKernel(stub, config->gridDim, config->blockDim, arguments, config->dynamicSmemBytes, config->stream);
}

cudaError_t cudaLaunchHostFunc(cudaStream_t handle, cudaHostFn_t function, void* data) {
  return call([&](State& state) {
    Stream* stream = state.stream(handle);
    if (!stream) return cudaErrorInvalidResourceHandle;
    state.streams.add(stream, [=] { function(data); });
    return cudaSuccess;
  });
}

cudaError_t cudaFuncSetAttribute(const void* stub, cudaFuncAttribute attribute, int value) {
  return call([&](State& state) {
    const auto found = state.functions.find(stub);
    if (found == state.functions.end()) return cudaErrorInvalidDeviceFunction;
    if (attribute != cudaFuncAttributeMaxDynamicSharedMemorySize) return cudaSuccess;
    const Kernel& kernel = state.module(*found->second.binary).kernel(found->second.name);
    const size_t total = kernel.static_shared_bytes + size_t(value);
    if (value < 0 || total > max_shared_bytes(state.settings.compute_capability)) return cudaErrorInvalidValue;
    found->second.max_dynamic_shared_bytes = total;
    return cudaSuccess;
  });
}

cudaError_t cudaFuncGetAttributes(cudaFuncAttributes* attributes, const void* stub) {
  return call([&](State& state) {
    const auto found = state.functions.find(stub);
    if (found == state.functions.end()) return cudaErrorInvalidDeviceFunction;
    const Kernel& kernel = state.module(*found->second.binary).kernel(found->second.name);
    std::memset(attributes, 0, sizeof *attributes);
    attributes->sharedSizeBytes = kernel.static_shared_bytes;
    attributes->localSizeBytes = kernel.local_bytes;
    attributes->maxThreadsPerBlock = kernel.max_threads ? int(kernel.max_threads) : 1024;
    attributes->numRegs = 32;
    attributes->ptxVersion = attributes->binaryVersion = state.settings.compute_capability;
    attributes->maxDynamicSharedSizeBytes = kSharedBytesPerBlock;
    return cudaSuccess;
  });
}

cudaError_t cudaFuncSetCacheConfig(const void*, cudaFuncCache) { return cudaSuccess; }

cudaError_t cudaOccupancyMaxActiveBlocksPerMultiprocessorWithFlags(int* blocks, const void*, int threads,
                                                                   size_t shared_bytes, unsigned) {
  return call([&](State&) {
    const size_t by_threads = size_t(kThreadsPerMultiprocessor / std::max(threads, 1));
    const size_t by_shared = shared_bytes ? kSharedBytesPerMultiprocessor / shared_bytes : 32;
    *blocks = int(std::min({by_threads, by_shared, size_t{32}}));
    return cudaSuccess;
  });
}

cudaError_t cudaOccupancyMaxActiveBlocksPerMultiprocessor(int* blocks, const void* stub, int threads,
                                                          size_t shared_bytes) {
  return cudaOccupancyMaxActiveBlocksPerMultiprocessorWithFlags(blocks, stub, threads, shared_bytes, 0);
}

}  // extern "C"
