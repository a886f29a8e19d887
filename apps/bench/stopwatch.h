#pragma once
#include <chrono>

namespace tandem {

// What `work` takes, by the wall's clock.
template <class Work>
double seconds_of(Work&& work) {
  using Clock = std::chrono::steady_clock;
  const auto begin = Clock::now();
  work();
  return std::chrono::duration<double>(Clock::now() - begin).count();
}

}  // namespace tandem
