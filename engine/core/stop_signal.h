// Ctrl-C and SIGTERM as a request that long work looks for between two steps.
#pragma once
#include <cstddef>
#include <memory>

namespace tandem {

// While one exists, the first SIGINT or SIGTERM only makes requested() true; a second one has its usual meaning. To be
// made by the thread that computes, one at a time.
//
// The handler runs on a stack of its own: oneDNN's generated GEMM keeps its stack pointer in the middle of the heap,
// where a handler's frame would overwrite other people's memory.
class StopSignal {
 public:
  StopSignal();
  ~StopSignal();
  StopSignal(const StopSignal&) = delete;
  StopSignal& operator=(const StopSignal&) = delete;

  bool requested() const;

 private:
  std::unique_ptr<std::byte[]> stack_;
};

}  // namespace tandem
