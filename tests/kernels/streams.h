// Runs a kernel in every way that the host can: in the calling thread, spread over workers, and strictly.
#pragma once
#include <catch2/catch.hpp>

#include "kernels/host/sanitizers.h"
#include "kernels/host/thread_pool.h"
#include "kernels/table.h"

namespace tandem::test {

// Is a case of so many elements small enough for this build? To ThreadSanitizer every CUDA thread is a thread, with a
// stack and a history of its own, and large cases add minutes but no new kind of access.
inline bool affordable([[maybe_unused]] long elements) {
#if defined(__SANITIZE_THREAD__)
  return elements <= 5000;
#else
  return true;
#endif
}

// run(stream) makes one output buffer. Returns it, having checked that its bits are the same from three workers, and
// when the threads of a block take turns in an arbitrary order.
template <class Run>
auto same_on_every_stream(Run run) {
  auto alone = run(Stream(nullptr));
  host::ThreadPool pool(3);
  REQUIRE(alone.same_bits(run(Stream(&pool))));
  pool.set_strict(7);
  REQUIRE(alone.same_bits(run(Stream(&pool))));
  return alone;
}

}  // namespace tandem::test
