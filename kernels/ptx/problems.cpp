#include "kernels/ptx/problems.h"

#include <numeric>

namespace tandem::ptx {

const char* name_of(Problem kind) {
  static constexpr std::array<const char*, kProblemKinds> names = {"global memory out of bounds",
                                                                   "global memory read before it was written",
                                                                   "misaligned access",
                                                                   "write to read-only memory",
                                                                   "shared memory out of bounds",
                                                                   "shared memory read before it was written",
                                                                   "shared memory race",
                                                                   "global memory race",
                                                                   "barrier divergence",
                                                                   "barrier after threads exited",
                                                                   "divergence at a warp operation",
                                                                   "shuffle from an inactive lane",
                                                                   "local memory out of bounds",
                                                                   "parameter out of bounds",
                                                                   "trap",
                                                                   "too many instructions",
                                                                   "launch out of limits",
                                                                   "call of a library"};
  return names[size_t(kind)];
}

uint64_t Problems::count() const { return std::accumulate(counts_.begin(), counts_.end(), uint64_t{0}); }

void Problems::begin_launch() { before_launch_ = counts_; }

bool Problems::add(Problem kind, uint64_t messages_per_kind) {
  const auto i = size_t(kind);
  return counts_[i]++ - before_launch_[i] < messages_per_kind;
}

uint64_t Problems::count_in_launch() const {
  return count() - std::accumulate(before_launch_.begin(), before_launch_.end(), uint64_t{0});
}

}  // namespace tandem::ptx
