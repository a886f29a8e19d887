// Launching: checks the configuration and spreads the blocks over the workers of the stream.
#include <algorithm>
#include <mutex>
#include <stdexcept>
#include <string>

#include "kernels/host/block_scheduler.h"
#include "kernels/host/runtime.h"
#include "kernels/host/sanitizers.h"
#include "kernels/host/thread_pool.h"

namespace tandem::host {
namespace {

// The limits of sm_80, the oldest GPU supported: a launch that would fail there fails here as well.
void check(const KernelCall& call) {
  const dim3 grid = call.launch.grid, block = call.launch.block;
  const size_t shared_bytes = call.launch.shared_bytes;
  constexpr size_t kMaxSharedBytes = 163 * 1024;
  const bool block_fits =
      std::min({block.x, block.y, block.z}) >= 1 && block.z <= 64 && long(block.x) * block.y * block.z <= 1024;
  const bool grid_fits = std::min({grid.x, grid.y, grid.z}) >= 1 && std::max(grid.y, grid.z) <= 65535;
  if (!block_fits || !grid_fits || shared_bytes > kMaxSharedBytes) {
    throw std::invalid_argument("no GPU accepts a launch of grid " + describe(grid) + ", block " + describe(block) +
                                ", " + std::to_string(shared_bytes) + " bytes of shared memory: " + kernel_name(call));
  }
}

}  // namespace

void launch(const KernelCall& call) {
  check(call);
  const dim3 grid = call.launch.grid;
  const long blocks = long(grid.x) * grid.y * grid.z;
  auto* pool = static_cast<ThreadPool*>(call.launch.stream);
  const auto strict_order_seed = pool ? pool->strict_order_seed() : std::nullopt;

#if defined(__SANITIZE_ADDRESS__)
  // __shared__ is one plain static here (cuda_words.h), so no two blocks may run at once, of whichever launches.
  static std::mutex one_at_a_time;
  std::lock_guard lock(one_at_a_time);
  pool = nullptr;
#endif
  if (!pool) {
    BlockScheduler::of_this_thread().run(call, strict_order_seed, 0, blocks);
    return;
  }
  // Few enough pieces to cost nothing, and enough of them that the last ones even out.
  constexpr long kPiecesPerThread = 8;
  const long piece = std::max(1l, blocks / (pool->threads() * kPiecesPerThread));
  pool->parallel_for((blocks + piece - 1) / piece, [&](long i, int) {
    const long begin = i * piece;
    BlockScheduler::of_this_thread().run(call, strict_order_seed, begin, std::min(begin + piece, blocks));
  });
}

}  // namespace tandem::host
