// Device memory that a layer keeps between passes for intermediate sums, because asking for it at every step is slow.
#pragma once
#include <cstddef>

#include "engine/device/tensor.h"

namespace tandem {

template <class T>
class Scratch {
 public:
  // At least `elements` elements, contents undefined; an earlier pointer is void.
  T* reserve(Device& device, size_t elements) {
    if (elements > array_.size()) array_ = Array<T>(device, elements);
    return array_.data();
  }

 private:
  Array<T> array_;
};

}  // namespace tandem
