#include "engine/data/dataset.h"

#include <utility>

#include "engine/core/error.h"

namespace tandem {
namespace {

class Subset : public Dataset {
 public:
  Subset(std::unique_ptr<Dataset> whole, long count) : whole_(std::move(whole)), count_(count) {}

  const std::string& name() const override { return whole_->name(); }
  ImageFormat format() const override { return whole_->format(); }
  long size() const override { return count_; }
  const std::vector<std::string>& class_names() const override { return whole_->class_names(); }
  void read(long index, uint8_t* pixels, int32_t* label) const override { whole_->read(index, pixels, label); }

 private:
  std::unique_ptr<Dataset> whole_;
  long count_;
};

}  // namespace

std::string to_string(const ImageFormat& format) {
  return std::to_string(format.height) + "x" + std::to_string(format.width) + "x" + std::to_string(format.channels);
}

std::string to_string(Split split) { return split == Split::train ? "train" : "test"; }

std::unique_ptr<Dataset> subset(std::unique_ptr<Dataset> dataset, long count) {
  if (count < 1 || count > dataset->size()) {
    throw UsageError(
        dataset->name(),
        "cannot take the first " + std::to_string(count) + " of " + std::to_string(dataset->size()) + " images",
        "choose a limit between 1 and " + std::to_string(dataset->size()));
  }
  return std::make_unique<Subset>(std::move(dataset), count);
}

}  // namespace tandem
