// What `tandem check data` reports: every image and label of a data set is read once.
#pragma once
#include <vector>

#include "engine/data/dataset.h"

namespace tandem {

struct DataSummary {
  long images = 0;
  ImageFormat format;
  std::vector<long> class_counts;          // [classes]
  std::vector<double> channel_means;       // [channels], of pixel values 0 .. 255
  std::vector<double> channel_deviations;  // [channels], the population's standard deviation
};

// A broken file is the Error that reading it throws.
DataSummary summarise(const Dataset& dataset);

}  // namespace tandem
