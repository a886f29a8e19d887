// A fiber: a stack of its own with a suspended computation on it. One thread switches between many of them.
// Our own switch because a kernel with barriers makes millions: 6.6 ns there and back, where Boost's fcontext takes 11
// and ucontext 2054 (it asks the operating system for the signal mask).
#pragma once
#include <cstddef>

#include "kernels/host/sanitizers.h"

// Saves the callee-saved registers and the stack pointer at *save, and takes those that were saved at `restore`.
extern "C" void tandem_switch_stack(void** save, void* restore);

namespace tandem::host {

class Fiber {
 public:
  Fiber() = default;
  ~Fiber() { abandon(); }
  Fiber(const Fiber&) = delete;
  Fiber& operator=(const Fiber&) = delete;

  // The next switch to this fiber calls entry, which must end with finish(). Fibers that run in turn should have
  // different numbers: it spreads their stacks over the cache.
  void start(void (*entry)(), int number);
  // Makes this object stand for the calling thread's own stack.
  void adopt_thread();
  // Gives the stack back; what was suspended on it is never resumed and its destructors do not run.
  void abandon();

  // Suspends `from`, which is running, and resumes `to`. Inlined, so that fewer of the returns that follow a switch are
  // mispredicted.
  TSAN_HIDDEN_INLINE static void switch_to(Fiber& from, Fiber& to) { jump(from, to, false); }

  // The first and the last thing that an entry function does.
  static void entered_from(Fiber& previous);
  [[noreturn]] TSAN_HIDDEN_INLINE static void finish(Fiber& self, Fiber& next) {
    jump(self, next, true);
    __builtin_unreachable();
  }

 private:
  TSAN_HIDDEN_INLINE static void jump(Fiber& from, Fiber& to, [[maybe_unused]] bool for_good) {
#if defined(__SANITIZE_ADDRESS__)
    __sanitizer_start_switch_fiber(for_good ? nullptr : &from.fake_stack_, to.stack_bottom_, to.stack_size_);
#endif
#if defined(__SANITIZE_THREAD__)
    __tsan_switch_to_fiber(to.tsan_fiber_, __tsan_switch_to_fiber_no_sync);
#endif
    tandem_switch_stack(&from.stack_pointer_, to.stack_pointer_);
#if defined(__SANITIZE_ADDRESS__)
    __sanitizer_finish_switch_fiber(from.fake_stack_, nullptr, nullptr);
#endif
  }

  void* stack_pointer_ = nullptr;       // while suspended
  void* mapping_ = nullptr;             // what start() took: a guard page, and the stack above it
  const void* stack_bottom_ = nullptr;  // for ASan; of a thread's own stack not known until the first switch away
  size_t stack_size_ = 0;
  void* fake_stack_ = nullptr;  // ASan's
  void* tsan_fiber_ = nullptr;  // TSan's
};

}  // namespace tandem::host
