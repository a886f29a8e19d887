#include "engine/core/stop_signal.h"

#include <cerrno>
#include <csignal>
#include <initializer_list>
#include <system_error>

namespace tandem {
namespace {

constexpr size_t kStackBytes = 64 << 10;  // a frame with all vector registers takes 3 to 11 KiB

volatile std::sig_atomic_t stop_requested = 0;

void on_stop(int signal) {
  stop_requested = 1;
  std::signal(signal, SIG_DFL);
}

}  // namespace

StopSignal::StopSignal() : stack_(std::make_unique<std::byte[]>(kStackBytes)) {
  stack_t stack = {};
  stack.ss_sp = stack_.get();
  stack.ss_size = kStackBytes;
  if (sigaltstack(&stack, nullptr) != 0)
    throw std::system_error(errno, std::generic_category(), "setting the signal handlers' stack");
  stop_requested = 0;
  struct sigaction action = {};
  action.sa_handler = on_stop;
  action.sa_flags = SA_ONSTACK | SA_RESTART;
  for (const int signal : {SIGINT, SIGTERM}) sigaction(signal, &action, nullptr);
}

StopSignal::~StopSignal() {
  for (const int signal : {SIGINT, SIGTERM}) std::signal(signal, SIG_DFL);
  stack_t none = {};
  none.ss_flags = SS_DISABLE;
  sigaltstack(&none, nullptr);
}

bool StopSignal::requested() const { return stop_requested != 0; }

}  // namespace tandem
