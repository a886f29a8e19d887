// Statistics as a safetensors file: F32 mean_image [height][width][channels], F64 channel_means and channel_deviations
// [channels], I64 class_counts [classes], and F64 covariance [3][3], eigenvalues [3], eigenvectors [3][3] (in columns)
// of the colours.
#pragma once
#include <filesystem>

#include "engine/data/statistics.h"

namespace tandem {

void write_statistics(const std::filesystem::path& path, const DatasetStatistics& statistics);  // atomically

// Throws Error unless the file holds finite statistics of RGB images of this format and as many classes.
DatasetStatistics read_statistics(const std::filesystem::path& path, ImageFormat format, int classes);

}  // namespace tandem
