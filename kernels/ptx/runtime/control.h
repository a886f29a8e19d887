// How a test steers the stand-in for the CUDA runtime library, and what it can ask. A program that nvcc built with
//   -gencode arch=compute_80,code=compute_80 --no-compress -cudart none
// and that links tandem_ptx_runtime runs unchanged, <<<...>>> and all, on the interpreter. It may include this header,
// which needs no CUDA header.
//
// Streams are deferred: what is queued runs only when the program waits for something, and then in any order that
// streams and events allow, drawn from a seed. So a forgotten event or synchronisation shows: as a wrong result for
// some seed, or as a read of memory that nobody has written.
//
// Not covered: graphs, textures, memory pools, several processes, peer access (all devices share one memory).
#pragma once
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "kernels/ptx/grid_scheduler.h"
#include "kernels/ptx/problems.h"
#include "kernels/ptx/settings.h"

namespace tandem::ptx::runtime {

// A kernel that has run.
struct LaunchRecord {
  std::string kernel, symbol;  // its name, demangled and as in the PTX
  Dim3 grid, block;
  size_t dynamic_shared_bytes = 0;
  LaunchResult result;
};

struct Settings {
  ptx::Settings interpreter;
  uint64_t stream_seed = 1;  // in which order streams take turns; 0: the one created first, as long as it can

  int devices = 1;              // 0: every call fails with cudaErrorNoDevice
  int compute_capability = 80;  // of them all
  size_t memory_bytes = size_t{16} << 30;

  // The n-th of these calls from here on fails, once; 0: none does.
  int fail_allocation = 0, fail_launch = 0, fail_copy = 0;

  bool forget_waits = false;  // of streams for events: what would a program do that had none?

  bool launch_blocking = false;  // as with CUDA_LAUNCH_BLOCKING=1: a launch has run when the call returns
  bool print_problems = true;    // to stderr, when they are found
  std::function<void(const LaunchRecord&)> after_launch;  // called for every kernel
};

// Settings that environment variables ask for; what a program has before it calls configure():
//   TANDEM_PTX_ORDER=forward|reverse|SEED   TANDEM_PTX_STREAM_SEED=n   TANDEM_PTX_ULP=n      TANDEM_PTX_MESSAGES=n
//   TANDEM_PTX_GLOBAL_RACES=0               TANDEM_PTX_SHARED=0        TANDEM_PTX_COUNT=0    TANDEM_PTX_LIMIT=n
//   TANDEM_PTX_MEMORY=MiB                   TANDEM_PTX_FORGET_WAITS=1
//   TANDEM_PTX_DEVICES=n                    TANDEM_PTX_CAPABILITY=90   TANDEM_PTX_FAIL_ALLOCATION=n (_LAUNCH, _COPY)
// TANDEM_PTX_EXIT=1: a program that did wrong, or has not given everything back, says so at its end, which has
// status 99. With TANDEM_PTX_TELL=1, too, it also says how often it allocated, launched and copied.
Settings settings_from_environment();

// Waits for all queued work, forgets errors, and begins to count injected failures anew.
void configure(const Settings& settings);

// What the program has and has not given back.
struct Usage {
  size_t allocations = 0, bytes = 0;  // on the device
  size_t host_allocations = 0;        // pinned
  size_t streams = 0, events = 0, cublas_handles = 0;
};
Usage usage();

const Problems& problems();  // of all launches
uint64_t launches();
std::vector<std::string> kernels_not_launched();  // demangled; of the whole program
std::vector<std::string> ptx_in_use();            // the texts of the modules that something was launched from

}  // namespace tandem::ptx::runtime
