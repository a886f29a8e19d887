// Runs a kernel in every way that the host can: in the calling thread, spread over workers, and strictly.
#pragma once
#include <catch2/catch.hpp>

#include "kernels/host/thread_pool.h"
#include "kernels/table.h"

namespace tandem::test {

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
