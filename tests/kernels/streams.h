// Runs a kernel in every way that the machine can.
#pragma once
#include <catch2/catch.hpp>

#include "tests/kernels/machine.h"

namespace tandem::test {

// run(stream) makes one output buffer. Returns it, having checked that every way to run gives the same bits.
template <class Run>
auto same_on_every_stream(Run run) {
  auto alone = run(Stream(nullptr));
  in_every_other_way([&](Stream stream) { REQUIRE(alone.same_bits(run(stream))); });
  return alone;
}

}  // namespace tandem::test
