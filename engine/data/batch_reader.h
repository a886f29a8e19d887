// Batches of images as they are stored, and the draws of what the network is shown of them, gathered ahead by a thread
// of their own.
#pragma once
#include <condition_variable>
#include <cstdint>
#include <exception>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "engine/data/aligned_vector.h"
#include "engine/data/dataset.h"
#include "engine/data/transform.h"
#include "engine/device/device.h"

namespace tandem {

enum class ReadMode {
  train,  // a new random order every epoch, random draws; the images left over from whole batches sit the epoch out
  test,   // the data set's order, centre windows; the last batch of an epoch may be smaller
};

struct Batch {
  AlignedVector<uint8_t> images;  // [batch][height][width][channels], the data set's format
  std::vector<ImageDraw> draws;   // [batch]
  std::vector<int32_t> labels;    // [batch]
  int count = 0;                  // images in it; rows from `count` on hold what an earlier batch left there
  long step = 0;                  // number of the batch since the beginning of all
  long epoch = 0;                 // step / steps_per_epoch()
};

// The batch of a step is a pure function of (data set, transform, batch size, seed, mode, step), so a reader that
// starts at a step goes on exactly where another stopped. Reading never ends: an epoch follows the other.
class BatchReader {
 public:
  static constexpr int kAhead = 3;

  // Memory of the batches that one holds, in bytes.
  static size_t memory_use(const ImageFormat& format, int batch, int ahead = kAhead);

  // Starts reading at step `start`, up to `ahead` batches before they are asked for. The data set must outlive the
  // reader. Throws UsageError when a training batch is larger than the data set.
  BatchReader(const Dataset& dataset, const Transform& transform, int batch, uint64_t seed, long start, ReadMode mode,
              int ahead = kAhead);
  ~BatchReader();
  BatchReader(const BatchReader&) = delete;
  BatchReader& operator=(const BatchReader&) = delete;

  // Makes the batches' images fit for Device::copy_beside. The device must outlive the reader.
  void pin(Device& device);

  // The next batch, valid until the next call. Rethrows what went wrong in the reading thread, once the batches before
  // it have been handed out.
  const Batch& next();

  long steps_per_epoch() const { return steps_per_epoch_; }
  double seconds_waited() const { return seconds_waited_; }  // in next(), since the beginning

 private:
  void read_ahead();
  void fill(Batch& batch, long step);
  Batch& slot(long number) { return ring_[size_t(number) % ring_.size()]; }

  const Dataset& dataset_;
  const Transform transform_;
  const int batch_;
  const uint64_t seed_;
  const long start_;
  const ReadMode mode_;
  const int ahead_;
  const long steps_per_epoch_;
  double seconds_waited_ = 0;

  // Only the reading thread uses these.
  std::vector<uint32_t> order_;  // of epoch order_epoch_
  long order_epoch_ = -1;

  // The batches, in turn: batch number b since the start lies in slot b modulo size. One slot more than `ahead_`, so
  // that the batch in use is never written. The rest is guarded by mutex_.
  std::vector<Batch> ring_;
  std::vector<std::shared_ptr<void>> pins_;  // of the images in it
  std::mutex mutex_;
  std::condition_variable changed_;
  long filled_ = 0;  // batches the thread has finished
  long taken_ = 0;   // batches handed out; the last one is in use
  bool stop_ = false;
  std::exception_ptr failure_;
  std::thread thread_;
};

}  // namespace tandem
