#include "kernels/ptx/grid_scheduler.h"

#include <algorithm>
#include <cstring>
#include <numeric>
#include <utility>

#include "kernels/ptx/block_scheduler.h"
#include "kernels/ptx/error.h"
#include "kernels/ptx/text.h"

namespace tandem::ptx {
namespace {

// The largest of any GPU that runs CUDA 12 and later.
constexpr uint64_t kMaxThreads = 1024, kMaxBlockZ = 64, kMaxGridYZ = 65535;
constexpr uint64_t kMaxSharedBytes = 227 * 1024, kMaxStaticSharedBytes = 48 * 1024;

// Marsaglia's xorshift64.
class Random {
 public:
  explicit Random(uint64_t seed) : state_(seed ? seed : 1) {}
  uint64_t below(uint64_t n) {
    state_ ^= state_ << 13;
    state_ ^= state_ >> 7;
    state_ ^= state_ << 17;
    return state_ % n;
  }
  void shuffle(std::vector<uint32_t>& values) {
    for (size_t i = values.size(); i-- > 1;) std::swap(values[i], values[below(i + 1)]);
  }

 private:
  uint64_t state_;
};

std::string describe(const Dim3& size) { return text(size.x, " x ", size.y, " x ", size.z); }

bool fits(const Dim3& grid, const Dim3& block) {
  return block.count() >= 1 && block.count() <= kMaxThreads && block.z <= kMaxBlockZ && grid.count() >= 1 &&
         grid.y <= kMaxGridYZ && grid.z <= kMaxGridYZ && grid.count() <= 0xffffffff;
}

void set_arguments(Execution& run, const LaunchConfiguration& launch) {
  const auto& parameters = run.kernel.parameters;
  if (parameters.size() != launch.argument_count) {
    throw Error(text("launch of ", run.kernel.demangled, ": ", launch.argument_count, " arguments given, it has ",
                     parameters.size(), " parameters"));
  }
  run.parameters.assign(size_t(run.kernel.parameter_bytes + 15) / 8 * 8, 0);
  for (size_t k = 0; k < parameters.size(); ++k) {
    std::memcpy(&run.parameters[size_t(parameters[k].offset)], launch.arguments[k], size_t(parameters[k].bytes));
  }
}

// Returns whether the launch can be run at all.
bool check_limits(Execution& run, uint64_t shared_bytes, bool has_dynamic) {
  const uint32_t max_threads = run.kernel.max_threads;
  if (!fits(run.grid, run.block)) {
    run.problem(Problem::kBadLaunch, -1,
                [&] { return "no GPU accepts grid " + describe(run.grid) + ", block " + describe(run.block); });
    return false;
  }
  if (max_threads && run.threads > max_threads) {
    run.problem(Problem::kBadLaunch, -1, [&] {
      return text("blocks of ", run.threads, " threads, more than the ", max_threads, " of __launch_bounds__");
    });
  }
  if (shared_bytes > (has_dynamic ? kMaxSharedBytes : kMaxStaticSharedBytes)) {
    run.problem(Problem::kBadLaunch, -1, [&] { return text(shared_bytes, " bytes of shared memory"); });
  }
  return true;
}

void run_blocks(Execution& run) {
  const uint64_t count = run.grid.count();
  std::vector<uint32_t> warp_order(run.warps.size()), block_order;
  std::iota(warp_order.begin(), warp_order.end(), 0u);
  Random random(run.settings.seed * 0x9E3779B97F4A7C15 + run.launch_serial);
  const bool shuffled = run.settings.order == Order::kRandom;
  if (run.settings.order != Order::kForward) {
    block_order.resize(count);
    std::iota(block_order.begin(), block_order.end(), 0u);
    if (shuffled) {
      random.shuffle(block_order);
    } else {
      std::reverse(block_order.begin(), block_order.end());
      std::reverse(warp_order.begin(), warp_order.end());
    }
  }
  for (uint64_t i = 0; i < count; ++i) {
    run.block_number = block_order.empty() ? uint32_t(i) : block_order[i];
    run.block_index = {run.block_number % run.grid.x, run.block_number / run.grid.x % run.grid.y,
                       run.block_number / run.grid.x / run.grid.y};
    if (shuffled) random.shuffle(warp_order);
    run_block(run, warp_order);
  }
}

}  // namespace

LaunchResult run_grid(Execution& run, const LaunchConfiguration& launch, const std::map<int, std::string>& files) {
  set_arguments(run, launch);
  run.grid = launch.grid;
  run.block = launch.block;
  run.threads = uint32_t(std::min<uint64_t>(launch.block.count(), 0xffffffff));
  const bool has_dynamic = run.kernel.uses_dynamic_shared || launch.dynamic_shared_bytes > 0;
  const uint64_t shared_bytes =
      has_dynamic ? run.kernel.dynamic_shared_offset + launch.dynamic_shared_bytes : run.kernel.static_shared_bytes;
  LaunchResult result;
  run.problems.begin_launch();
  if (check_limits(run, shared_bytes, has_dynamic)) {
    run.shared.resize(shared_bytes, run.settings.check_shared);
    run.warps.resize((run.threads + kWarpSize - 1) / kWarpSize);
    try {
      run_blocks(run);
      result.finished = true;
    } catch (const LaunchEnded&) {
    }
  }
  result.problems = run.problems.count_in_launch();
  if (run.settings.count) run.counters.lines = traffic_by_line(run, files);
  result.counters = run.counters;
  return result;
}

}  // namespace tandem::ptx
