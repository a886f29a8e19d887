#include "kernels/host/warp.h"

#include <array>

namespace tandem::host {
namespace {

constexpr int kWarpSize = 32;
using State = CudaThread::State;

bool names(unsigned mask, int lane) { return mask >> lane & 1; }

// Calls at different places are different operations, even if both are shuffles.
TSAN_HIDDEN_INLINE bool at_same_operation(const CudaThread& a, const CudaThread& b) {
  return a.state == State::kAtWarpOperation && b.state == State::kAtWarpOperation && a.mask == b.mask &&
         a.operation == b.operation && a.line == b.line && a.file == b.file;
}

TSAN_HIDDEN bool all_arrived(Warp warp, const CudaThread& at, unsigned members) {
  for (int lane = 0; lane < int(warp.size()); ++lane) {
    if (names(members, lane) && !at_same_operation(*warp[lane], at)) return false;
  }
  return true;
}

// Results are handed out while no lane runs, so that none can overwrite a value which another has yet to read.
TSAN_HIDDEN void hand_out(Warp warp, unsigned members) {
  std::array<uint64_t, kWarpSize> given{};
  uint64_t ballot = 0;
  for (int lane = 0; lane < int(warp.size()); ++lane) {
    if (!names(members, lane)) continue;
    given[lane] = warp[lane]->value;
    if (given[lane]) ballot |= uint64_t{1} << lane;
  }
  for (int lane = 0; lane < int(warp.size()); ++lane) {
    if (!names(members, lane)) continue;
    CudaThread& thread = *warp[lane];
    if (thread.operation == WarpOperation::kBallot) thread.value = ballot;
    // A lane past the end of the block gives nothing: undefined in CUDA, here the reader keeps its own value.
    if (thread.operation == WarpOperation::kShuffle && thread.source_lane < int(warp.size())) {
      if (thread.source_lane < 0 || !names(members, thread.source_lane)) {
        throw Misuse("a shuffle reads lane " + std::to_string(thread.source_lane) +
                     ", which its mask does not name: " + describe(thread));
      }
      thread.value = given[thread.source_lane];
    }
    thread.state = State::kReady;
  }
}

}  // namespace

TSAN_HIDDEN bool complete_operations(Warp warp) {
  const unsigned present = warp.size() == kWarpSize ? ~0u : (1u << warp.size()) - 1;
  bool completed = false;
  for (int lane = 0; lane < int(warp.size()); ++lane) {
    const CudaThread& thread = *warp[lane];
    if (thread.state != State::kAtWarpOperation) continue;
    const unsigned members = thread.mask & present;
    if (!names(members, lane)) throw Misuse("a thread is not in its own mask: " + describe(thread));
    if (!all_arrived(warp, thread, members)) continue;
    hand_out(warp, members);
    completed = true;
  }
  return completed;
}

TSAN_HIDDEN void check_not_divergent(Warp warp) {
  for (const auto& thread : warp) {
    if (thread->state != State::kAtWarpOperation) continue;
    for (int lane = 0; lane < int(warp.size()); ++lane) {
      if (names(thread->mask, lane) && !at_same_operation(*warp[lane], *thread)) {
        throw Misuse("divergent warp, a lane cannot join the operation whose mask names it:\n  " + describe(*thread) +
                     "\n  " + describe(*warp[lane]));
      }
    }
  }
}

}  // namespace tandem::host
