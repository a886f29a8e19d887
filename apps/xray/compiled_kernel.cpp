#include "apps/xray/compiled_kernel.h"

#include <future>

#include "engine/core/error.h"

namespace tandem {
namespace {

CompiledKernels compile_all(const std::vector<std::string>& modules, const Gpu& gpu) {
  CompiledKernels all;
  for (const std::string& ptx : modules) all.merge(assemble(ptx, gpu.architecture));
  return all;
}

}  // namespace

std::vector<LaunchedKernel> compile_launched(const std::vector<LaunchShape>& shapes) {
  const std::vector<std::string> modules = ptx::runtime::ptx_in_use();
  std::vector<std::future<CompiledKernels>> compiling;
  for (const Gpu& gpu : gpus())
    compiling.push_back(std::async(std::launch::async, [&] { return compile_all(modules, gpu); }));
  std::vector<LaunchedKernel> launched;
  for (const LaunchShape& shape : shapes) launched.push_back({shape, {}});
  for (size_t g = 0; g < gpus().size(); ++g) {
    const CompiledKernels compiled = compiling[g].get();
    for (LaunchedKernel& kernel : launched) {
      const auto found = compiled.find(kernel.shape.symbol);
      if (found == compiled.end()) throw Error(kernel.shape.kernel, "was not found in what ptxas said");
      const size_t shared = size_t(found->second.shared_bytes) + kernel.shape.dynamic_shared_bytes;
      kernel.on.push_back(
          {found->second, occupancy(found->second.registers, shared, kernel.shape.block_threads, gpus()[g])});
    }
  }
  return launched;
}

}  // namespace tandem
