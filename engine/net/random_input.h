// A batch to try a net with: for tests, benchmarks and the gradient check.
#pragma once
#include <vector>

#include "engine/core/random.h"
#include "engine/net/any_net.h"

namespace tandem {

// `count` images of normal values, as centred pixels are, and any labels, the same ones for the same seed; a smaller
// batch is the larger one's beginning.
template <class A>
void set_random_input(AnyNet<A>& net, int count, uint64_t seed = 1) {
  std::vector<A> pixels(size_t(net.plan().input.elements()) * size_t(count));
  std::vector<int32_t> labels(size_t(count), 0);
  const Random values(seed, Purpose::augment, 0), classes(seed, Purpose::augment, 1);
  for (size_t i = 0; i < pixels.size(); ++i) pixels[i] = A(values.normal(i));
  for (size_t i = 0; i < labels.size(); ++i) labels[i] = int32_t(classes.below(i, net.plan().classes));
  net.set_input(pixels.data(), labels.data(), count);
}

}  // namespace tandem
