#include <unistd.h>

#include <catch2/catch.hpp>
#include <csignal>

#include "engine/core/stop_signal.h"

namespace {

struct sigaction action_of(int signal) {
  struct sigaction action = {};
  sigaction(signal, nullptr, &action);
  return action;
}

}  // namespace

TEST_CASE("the first stop signal is a request, the second has its usual meaning", "[stop_signal]") {
  for (const int signal : {SIGINT, SIGTERM}) {
    const tandem::StopSignal stop;
    CHECK_FALSE(stop.requested());
    std::raise(signal);
    CHECK(stop.requested());
    CHECK(action_of(signal).sa_handler == SIG_DFL);
  }
}

TEST_CASE("the stop signal's handler never runs on the stack that it interrupts", "[stop_signal]") {
  {
    const tandem::StopSignal stop;
    for (const int signal : {SIGINT, SIGTERM}) CHECK((action_of(signal).sa_flags & SA_ONSTACK) != 0);
    stack_t stack = {};
    sigaltstack(nullptr, &stack);
    CHECK((stack.ss_flags & SS_DISABLE) == 0);
    CHECK(long(stack.ss_size) >= sysconf(_SC_SIGSTKSZ));
  }
  stack_t stack = {};
  sigaltstack(nullptr, &stack);
  CHECK((stack.ss_flags & SS_DISABLE) != 0);
  CHECK(action_of(SIGTERM).sa_handler == SIG_DFL);
}
