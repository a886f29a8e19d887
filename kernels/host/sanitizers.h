// Which sanitizer this build runs under, and the words that tell ThreadSanitizer about fibers.
#pragma once

#if defined(__has_feature)  // clang's way of saying it; g++ defines the macros itself
#if __has_feature(address_sanitizer) && !defined(__SANITIZE_ADDRESS__)
#define __SANITIZE_ADDRESS__ 1
#endif
#if __has_feature(thread_sanitizer) && !defined(__SANITIZE_THREAD__)
#define __SANITIZE_THREAD__ 1
#endif
#endif

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#endif

#if defined(__SANITIZE_THREAD__)
#include <sanitizer/tsan_interface.h>
// The scheduler works for all of a block's threads, each of which is a thread of its own to TSan: it must not be seen.
#define TSAN_HIDDEN __attribute__((no_sanitize("thread"), noinline))
#define TSAN_HIDDEN_INLINE __attribute__((no_sanitize("thread"), always_inline)) inline
#define TSAN_RELEASE(address) __tsan_release(address)
#define TSAN_ACQUIRE(address) __tsan_acquire(address)
#else
#define TSAN_HIDDEN
#define TSAN_HIDDEN_INLINE __attribute__((always_inline)) inline
#define TSAN_RELEASE(address) static_cast<void>(address)
#define TSAN_ACQUIRE(address) static_cast<void>(address)
#endif
