// A data set held in memory as plain arrays: what the IDX and CIFAR-10 readers return, and handy in tests.
#pragma once
#include <cstring>
#include <string>
#include <utility>
#include <vector>

#include "engine/data/dataset.h"

namespace tandem {

// `pixels` is [images][height][width][channels], `labels` is [images], each below class_names.size(): the maker checks.
class MemoryDataset : public Dataset {
 public:
  MemoryDataset(std::string name, ImageFormat format, std::vector<std::string> class_names, std::vector<uint8_t> pixels,
                std::vector<uint8_t> labels)
      : name_(std::move(name)),
        format_(format),
        class_names_(std::move(class_names)),
        pixels_(std::move(pixels)),
        labels_(std::move(labels)) {}

  const std::string& name() const override { return name_; }
  ImageFormat format() const override { return format_; }
  long size() const override { return long(labels_.size()); }
  const std::vector<std::string>& class_names() const override { return class_names_; }
  void read(long index, uint8_t* pixels, int32_t* label) const override {
    std::memcpy(pixels, pixels_.data() + index * format_.elements(), size_t(format_.elements()));
    *label = labels_[size_t(index)];
  }

 private:
  std::string name_;
  ImageFormat format_;
  std::vector<std::string> class_names_;
  std::vector<uint8_t> pixels_, labels_;
};

}  // namespace tandem
