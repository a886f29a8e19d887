#include "engine/data/batch_reader.h"

#include <algorithm>
#include <chrono>
#include <numeric>
#include <string>

#include "engine/core/error.h"
#include "engine/core/random.h"

namespace tandem {
namespace {

long count_steps(const Dataset& dataset, int batch, ReadMode mode) {
  if (batch < 1) throw UsageError("batch", std::to_string(batch) + " is not possible", "choose 1 or more");
  if (mode == ReadMode::test) return (dataset.size() + batch - 1) / batch;
  if (batch > dataset.size()) {
    throw UsageError(
        "batch",
        std::to_string(batch) + " is more than the " + std::to_string(dataset.size()) + " images of " + dataset.name(),
        "choose a smaller batch");
  }
  return dataset.size() / batch;
}

}  // namespace

size_t BatchReader::memory_use(const ImageFormat& format, int batch, int ahead) {
  const size_t image = size_t(format.elements()) + sizeof(ImageDraw) + sizeof(int32_t);
  return image * size_t(batch) * (size_t(ahead) + 1);
}

BatchReader::BatchReader(const Dataset& dataset, const Transform& transform, int batch, uint64_t seed, long start,
                         ReadMode mode, int ahead)
    : dataset_(dataset),
      transform_(transform),
      batch_(batch),
      seed_(seed),
      start_(start),
      mode_(mode),
      ahead_(ahead),
      steps_per_epoch_(count_steps(dataset, batch, mode)) {
  if (start < 0 || ahead < 1) throw Error("batch reader", "starts at step 0 or later, at least one batch ahead");
  if (transform.source() != dataset.format()) {
    throw Error("batch reader", "the transform is for images of " + to_string(transform.source()) + ", " +
                                    dataset.name() + " has " + to_string(dataset.format()));
  }
  ring_.resize(size_t(ahead) + 1);
  for (Batch& slot : ring_) {
    slot.images.resize(size_t(batch) * size_t(dataset.format().elements()));
    slot.draws.resize(size_t(batch));
    slot.labels.resize(size_t(batch));
  }
  thread_ = std::thread(&BatchReader::read_ahead, this);
}

BatchReader::~BatchReader() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

void BatchReader::pin(Device& device) {
  for (Batch& slot : ring_) pins_.push_back(device.pin(slot.images.data(), slot.images.size()));
}

const Batch& BatchReader::next() {
  std::unique_lock lock(mutex_);
  if (filled_ == taken_ && !failure_) {
    const auto began = std::chrono::steady_clock::now();
    changed_.wait(lock, [&] { return filled_ > taken_ || failure_; });
    seconds_waited_ += std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
  }
  if (filled_ == taken_) std::rethrow_exception(failure_);
  ++taken_;
  changed_.notify_all();
  return slot(taken_ - 1);
}

void BatchReader::read_ahead() {
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [&] { return stop_ || filled_ < taken_ + ahead_; });
    if (stop_) return;
    const long number = filled_;
    lock.unlock();
    std::exception_ptr failure;
    try {
      fill(slot(number), start_ + number);
    } catch (...) {
      failure = std::current_exception();
    }
    lock.lock();
    failure_ = failure;
    filled_ += !failure;
    changed_.notify_all();
    if (failure) return;
  }
}

void BatchReader::fill(Batch& batch, long step) {
  batch.step = step;
  batch.epoch = step / steps_per_epoch_;
  const long first = step % steps_per_epoch_ * batch_;
  batch.count = int(std::min<long>(batch_, dataset_.size() - first));
  if (mode_ == ReadMode::train && order_epoch_ != batch.epoch) {
    order_ = permutation(seed_, uint64_t(batch.epoch), uint32_t(dataset_.size()));
    order_epoch_ = batch.epoch;
  }
  const long elements = dataset_.format().elements();
  for (int i = 0; i < batch.count; ++i) {
    const bool training = mode_ == ReadMode::train;
    const long index = training ? order_[size_t(first + i)] : first + i;
    dataset_.read(index, batch.images.data() + i * elements, &batch.labels[size_t(i)]);
    batch.draws[size_t(i)] =
        training ? transform_.draw(seed_, batch.epoch, index) : transform_.view(transform_.centre());
  }
}

}  // namespace tandem
