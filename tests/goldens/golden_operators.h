// Compares one operator case with what the engine computes.
#pragma once
#include "engine/device/device.h"
#include "tests/goldens/comparison.h"
#include "tests/goldens/golden_case.h"

namespace tandem::test {

template <class T>
void compare_operator(const GoldenCase& golden, Device& device, Comparison& comparison);

}  // namespace tandem::test
