// What kernels do wrong: each kind counted, the first few of a launch described.
#pragma once
#include <array>
#include <cstdint>
#include <string>
#include <vector>

namespace tandem::ptx {

enum class Problem {
  kGlobalOutOfBounds,
  kGlobalUninitialised,
  kMisaligned,
  kReadOnly,
  kSharedOutOfBounds,
  kSharedUninitialised,
  kSharedRace,
  kGlobalRace,
  kBarrierDivergence,
  kBarrierAfterExit,
  kWarpDivergence,
  kShuffleInactive,
  kLocalOutOfBounds,
  kParameterOutOfBounds,
  kTrap,
  kTimeout,
  kBadLaunch,
  kLibraryCall
};
constexpr int kProblemKinds = 18;

const char* name_of(Problem kind);

// The problems of all launches of a machine.
class Problems {
 public:
  uint64_t count(Problem kind) const { return counts_[size_t(kind)]; }
  uint64_t count() const;                                                 // of all kinds
  const std::vector<std::string>& messages() const { return messages_; }  // where and what, over several lines

  // For the interpreter.
  void begin_launch();
  bool add(Problem kind, uint64_t messages_per_kind);  // whether a message is wanted
  void describe(std::string message) { messages_.push_back(std::move(message)); }
  uint64_t count_in_launch() const;

 private:
  std::array<uint64_t, kProblemKinds> counts_{}, before_launch_{};
  std::vector<std::string> messages_;
};

}  // namespace tandem::ptx
