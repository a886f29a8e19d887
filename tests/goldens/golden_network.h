// Compares one network case with what the engine computes.
#pragma once
#include "engine/device/device.h"
#include "tests/goldens/comparison.h"
#include "tests/goldens/golden_case.h"

namespace tandem::test {

// Small enough to be run in double too, where GEMM is a plain loop: the networks whose gradients are stored whole.
bool is_small_network(const GoldenCase& golden);

// Activations, loss and gradients of one pass, the losses of the case's steps of the paper's update, and that a net
// that shares its memory has the same losses to the last bit.
template <class T>
void compare_network(const GoldenCase& golden, Device& device, Comparison& comparison);

}  // namespace tandem::test
