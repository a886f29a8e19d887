// Shapes and owned device arrays.
#pragma once
#include <memory>
#include <string>
#include <vector>

#include "engine/device/device.h"

namespace tandem {

// One image's activations, stored height x width x channels. A fully-connected activation is 1 x 1 x channels.
struct ImageShape {
  int height = 0, width = 0, channels = 0;

  long elements() const { return long(height) * width * channels; }
  std::string text() const {  // "27x27x96"
    return std::to_string(height) + "x" + std::to_string(width) + "x" + std::to_string(channels);
  }
  bool operator==(const ImageShape&) const = default;
};

// Elements of type T in device memory, padded to 64 bytes.
template <class T>
class Array {
 public:
  Array() = default;
  Array(Device& device, size_t elements)
      : memory_(device.allocate(elements * sizeof(T))), elements_(elements), device_(&device) {}

  T* data() const { return reinterpret_cast<T*>(memory_.get()); }
  size_t size() const { return elements_; }

  void upload(const std::vector<T>& values) { device_->upload(data(), values.data(), values.size() * sizeof(T)); }
  std::vector<T> download() const {
    std::vector<T> values(elements_);
    device_->download(values.data(), data(), elements_ * sizeof(T));
    return values;
  }

 private:
  std::shared_ptr<std::byte> memory_;
  size_t elements_ = 0;
  Device* device_ = nullptr;
};

}  // namespace tandem
