// The kernel tests on the interpreter: besides the tests, no kernel may do anything wrong, and none may go untested.
#define CATCH_CONFIG_RUNNER
#include <catch2/catch.hpp>
#include <cstdio>

#include "tests/kernels/ptx/machine_ptx.h"

namespace {

// Kernels of our own that no test has launched (Thrust has several for other sizes), each named.
int count_untested() {
  int count = 0;
  for (const std::string& kernel : tandem::ptx::runtime::kernels_not_launched()) {
    if (kernel.find("tandem::cuda::") == std::string::npos || kernel.find("cub::") != std::string::npos) continue;
    std::fprintf(stderr, "no test launches %s\n", kernel.c_str());
    ++count;
  }
  return count;
}

}  // namespace

int main(int argc, char** argv) {
  tandem::test::configure(tandem::ptx::Order::kForward, 0);
  Catch::Session session;
  if (const int failure = session.run(argc, argv)) return failure;
  if (const uint64_t problems = tandem::ptx::runtime::problems().count()) {
    std::fprintf(stderr, "the interpreter found %llu problems\n", static_cast<unsigned long long>(problems));
    return 1;
  }
  std::printf("%llu launches without a problem\n", static_cast<unsigned long long>(tandem::ptx::runtime::launches()));
  const bool all_tests = argc == 1;
  return all_tests && count_untested() > 0;
}
