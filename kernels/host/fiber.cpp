#include "kernels/host/fiber.h"

#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <system_error>

// tandem_switch_stack: pushes what a C++ function must preserve, exchanges the stacks, pops and jumps.
#if defined(__x86_64__)
asm(R"(
.text
.globl tandem_switch_stack
.hidden tandem_switch_stack
.type tandem_switch_stack,@function
tandem_switch_stack:
  push %rbp
  push %rbx
  push %r12
  push %r13
  push %r14
  push %r15
  mov %rsp,(%rdi)
  mov %rsi,%rsp
  pop %r15
  pop %r14
  pop %r13
  pop %r12
  pop %rbx
  pop %rbp
  pop %rcx
  jmp *%rcx
.size tandem_switch_stack,.-tandem_switch_stack
)");
constexpr int kFrameWords = 8;  // 6 registers, the return address, and one so that rsp is 8 mod 16 on entry
constexpr int kReturnWord = 6;
#elif defined(__aarch64__)
asm(R"(
.text
.globl tandem_switch_stack
.hidden tandem_switch_stack
.type tandem_switch_stack,@function
tandem_switch_stack:
  sub sp,sp,#160
  stp x19,x20,[sp]
  stp x21,x22,[sp,#16]
  stp x23,x24,[sp,#32]
  stp x25,x26,[sp,#48]
  stp x27,x28,[sp,#64]
  stp x29,x30,[sp,#80]
  stp d8,d9,[sp,#96]
  stp d10,d11,[sp,#112]
  stp d12,d13,[sp,#128]
  stp d14,d15,[sp,#144]
  mov x9,sp
  str x9,[x0]
  mov sp,x1
  ldp x19,x20,[sp]
  ldp x21,x22,[sp,#16]
  ldp x23,x24,[sp,#32]
  ldp x25,x26,[sp,#48]
  ldp x27,x28,[sp,#64]
  ldp x29,x30,[sp,#80]
  ldp d8,d9,[sp,#96]
  ldp d10,d11,[sp,#112]
  ldp d12,d13,[sp,#128]
  ldp d14,d15,[sp,#144]
  add sp,sp,#160
  ret
.size tandem_switch_stack,.-tandem_switch_stack
)");
constexpr int kFrameWords = 20;  // 12 registers x19 to x30, 8 registers d8 to d15
constexpr int kReturnWord = 11;  // x30
#else
#error "no stack switch for this processor; add one here (Boost.Context's fcontext shows how)"
#endif

namespace tandem::host {
namespace {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr size_t kStackBytes = 256 << 10;
#else
constexpr size_t kStackBytes = 64 << 10;
#endif

// Below a stack lies one page that nobody may touch. Stack and guard together must not be a power of two, or all stacks
// meet in the same few sets of the second-level cache and the TLB (a thread's barrier: 26 ns instead of 15).
size_t guard_bytes() {
  static const size_t page = static_cast<size_t>(sysconf(_SC_PAGESIZE));
  return page;
}

}  // namespace

TSAN_HIDDEN void Fiber::start(void (*entry)(), int number) {
  if (!mapping_) {
    void* mapping = mmap(nullptr, guard_bytes() + kStackBytes, PROT_READ | PROT_WRITE,
                         MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (mapping == MAP_FAILED) throw std::system_error(errno, std::generic_category(), "mapping a fiber's stack");
    mapping_ = mapping;
    if (mprotect(mapping, guard_bytes(), PROT_NONE) != 0) {  // each stack takes two of the process's vm.max_map_count
      throw std::system_error(errno, std::generic_category(), "protecting the end of a fiber's stack");
    }
    stack_bottom_ = static_cast<char*>(mapping) + guard_bytes();
    stack_size_ = kStackBytes;
  }
#if defined(__SANITIZE_ADDRESS__)
  __asan_unpoison_memory_region(stack_bottom_, stack_size_);  // a finished or abandoned computation left its poison
#endif
#if defined(__SANITIZE_THREAD__)
  if (!tsan_fiber_) tsan_fiber_ = __tsan_create_fiber(0);
#endif
  fake_stack_ = nullptr;
  // Stacks are whole pages apart: without the shift their tops would meet in the same few sets of the first-level
  // cache.
  char* top = static_cast<char*>(mapping_) + guard_bytes() + kStackBytes - (number % 32) * 128;
  void** frame = reinterpret_cast<void**>(top) - kFrameWords;
  std::memset(frame, 0, kFrameWords * sizeof(void*));
  frame[kReturnWord] = reinterpret_cast<void*>(entry);
  stack_pointer_ = frame;
}

void Fiber::adopt_thread() {
#if defined(__SANITIZE_THREAD__)
  tsan_fiber_ = __tsan_get_current_fiber();
#endif
}

void Fiber::abandon() {
  if (!mapping_) return;
  munmap(mapping_, guard_bytes() + kStackBytes);
  mapping_ = nullptr;
#if defined(__SANITIZE_THREAD__)
  if (tsan_fiber_) __tsan_destroy_fiber(tsan_fiber_);
  tsan_fiber_ = nullptr;
#endif
}

TSAN_HIDDEN void Fiber::entered_from([[maybe_unused]] Fiber& previous) {
#if defined(__SANITIZE_ADDRESS__)
  __sanitizer_finish_switch_fiber(nullptr, &previous.stack_bottom_, &previous.stack_size_);
#endif
}

}  // namespace tandem::host
