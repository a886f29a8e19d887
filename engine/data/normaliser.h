// The mean that is subtracted from images, measured once on the training set and kept in checkpoints.
#pragma once
#include <string>
#include <vector>

#include "engine/data/dataset.h"
#include "engine/data/statistics.h"

namespace tandem {

enum class Subtract {
  none,
  mean,        // one number a channel
  mean_image,  // one number a pixel and channel
};

// The recipe's spelling: "none", "mean", "mean-image". Throws UsageError for anything else.
Subtract subtract_from_name(const std::string& name);
std::string to_string(Subtract subtract);

class Normaliser {
 public:
  // The mean of the training set, which is read for it unless its statistics are stored or none is subtracted.
  static Normaliser measure(Subtract subtract, const Dataset& training);
  static Normaliser measure(Subtract subtract, const DatasetStatistics& training);

  // Restores what values() gave. Throws Error unless there are 0 (none), channels (mean) or height * width * channels
  // (mean image, HWC) finite values.
  Normaliser(Subtract subtract, ImageFormat format, std::vector<float> values);

  Subtract subtract() const { return subtract_; }
  ImageFormat format() const { return format_; }  // of the images it belongs to
  const std::vector<float>& values() const { return values_; }

  // What to subtract from every element of an image, [height][width][channels], whatever `subtract` is.
  std::vector<float> image() const;

 private:
  Subtract subtract_;
  ImageFormat format_;
  std::vector<float> values_;
};

}  // namespace tandem
