#pragma once
#include <omp.h>

namespace tandem {

// Our own pool owns the threads. OpenMP keeps the number of threads per calling thread, so each worker says it once: a
// second pool would spin against ours, and oneDNN gives other bits for another thread count.
inline void keep_onednn_single_threaded() {
  thread_local const bool single_threaded = [] {
    omp_set_num_threads(1);
    return true;
  }();
  static_cast<void>(single_threaded);
}

}  // namespace tandem
