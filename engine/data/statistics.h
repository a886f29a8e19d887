// What is measured once over a data set: what training subtracts from images, and the colours that it shifts them by.
#pragma once
#include <functional>
#include <optional>
#include <vector>

#include "engine/data/colour_pca.h"
#include "engine/data/dataset.h"

namespace tandem {

// Pixel values are 0 .. 255.
struct DatasetStatistics {
  ImageFormat format;
  long images = 0;
  std::vector<long> class_counts;          // [classes]
  std::vector<float> mean_image;           // [height][width][channels]
  std::vector<double> channel_means;       // [channels]
  std::vector<double> channel_deviations;  // [channels], the population's standard deviation
  std::optional<ColourPca> colour;         // of all pixels, where there are three channels
};

// Reads every image once, with this many threads (0: one for each processor). Sums are integers, so that neither their
// order nor the number of threads can change a bit. `progress`, if any, is told how many images have been read, by one
// thread at a time. A broken file is the Error that reading it throws.
DatasetStatistics measure(const Dataset& dataset, int threads = 0, const std::function<void(long)>& progress = {});

// Those stored with the data set, or else measured.
DatasetStatistics statistics_of(const Dataset& dataset);

}  // namespace tandem
