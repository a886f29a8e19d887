#include "kernels/host/cuda_thread.h"

namespace tandem::host {

std::string describe(dim3 index) {
  return "(" + std::to_string(index.x) + "," + std::to_string(index.y) + "," + std::to_string(index.z) + ")";
}

// The compiler's name for the launching function ends in "kernel)(Parameters ...) = tandem::host::softmax<float>]".
std::string kernel_name(const KernelCall& call) {
  const std::string name = call.name;
  const size_t equals = name.rfind(" = ");
  return equals == std::string::npos ? name : name.substr(equals + 3, name.size() - equals - 4);
}

TSAN_HIDDEN std::string describe(const CudaThread& thread) {
  const std::string who = "thread " + describe(thread.indices.thread);
  if (thread.state == CudaThread::State::kDone) return who + " has returned";
  std::string what = "__syncthreads";
  if (thread.state == CudaThread::State::kAtWarpOperation) {
    switch (thread.operation) {
      case WarpOperation::kShuffle:
        what = "a shuffle";
        break;
      case WarpOperation::kBallot:
        what = "a ballot";
        break;
      case WarpOperation::kSync:
        what = "__syncwarp";
        break;
    }
  }
  return who + " waits in " + what + " at " + thread.file + ":" + std::to_string(thread.line);
}

}  // namespace tandem::host
