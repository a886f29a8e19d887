// A std::vector whose storage is what kernels ask of a buffer: it starts at a multiple of 64 bytes (a cache line) and
// ends at one.
#pragma once
#include <cstddef>
#include <new>
#include <vector>

namespace tandem {

template <class T>
struct AlignedAllocator {
  using value_type = T;
  static constexpr std::align_val_t kAlignment{64};

  AlignedAllocator() = default;
  template <class U>
  AlignedAllocator(const AlignedAllocator<U>&) {}

  T* allocate(size_t count) {
    if (count > (size_t(-1) - 63) / sizeof(T)) throw std::bad_array_new_length();
    return static_cast<T*>(::operator new((count * sizeof(T) + 63) / 64 * 64, kAlignment));
  }
  void deallocate(T* memory, size_t) { ::operator delete(memory, kAlignment); }

  template <class U>
  bool operator==(const AlignedAllocator<U>&) const {
    return true;
  }
};

template <class T>
using AlignedVector = std::vector<T, AlignedAllocator<T>>;

}  // namespace tandem
