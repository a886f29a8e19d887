#include "engine/data/statistics_file.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "engine/core/error.h"
#include "engine/files/safetensors.h"

namespace tandem {
namespace {

template <class Values>
TensorToWrite tensor(const std::string& name, const std::string& dtype, std::vector<long> shape, const Values& values) {
  return {name, dtype, std::move(shape), std::as_bytes(std::span(values))};
}

// Values of a tensor, which must be this many and finite.
template <class T>
std::span<const T> checked(std::span<const T> values, size_t count, const std::filesystem::path& path,
                           const std::string& name) {
  if (values.size() != count)
    throw Error(path.string(), "tensor '" + name + "' has " + std::to_string(values.size()) + " values, expected " +
                                   std::to_string(count));
  if (!std::all_of(values.begin(), values.end(), [](T value) { return std::isfinite(double(value)); }))
    throw Error(path.string(), "tensor '" + name + "' holds a value that is not finite");
  return values;
}

}  // namespace

void write_statistics(const std::filesystem::path& path, const DatasetStatistics& statistics) {
  const ColourPca& colour = statistics.colour.value();
  const ImageFormat& format = statistics.format;
  write_safetensors(
      path,
      {tensor("mean_image", "F32", {format.height, format.width, format.channels}, statistics.mean_image),
       tensor("channel_means", "F64", {format.channels}, statistics.channel_means),
       tensor("channel_deviations", "F64", {format.channels}, statistics.channel_deviations),
       tensor("class_counts", "I64", {long(statistics.class_counts.size())}, statistics.class_counts),
       tensor("covariance", "F64", {3, 3}, colour.covariance), tensor("eigenvalues", "F64", {3}, colour.eigenvalues),
       tensor("eigenvectors", "F64", {3, 3}, colour.eigenvectors)});
}

DatasetStatistics read_statistics(const std::filesystem::path& path, ImageFormat format, int classes) {
  const SafetensorsFile file(path);
  const auto doubles = [&](const std::string& name, size_t count) {
    return checked(file.f64(name), count, path, name);
  };
  const auto mean_image = checked(file.f32("mean_image"), size_t(format.elements()), path, "mean_image");
  const auto means = doubles("channel_means", 3), deviations = doubles("channel_deviations", 3);
  const auto counts = checked(file.i64("class_counts"), size_t(classes), path, "class_counts");
  const auto covariance = doubles("covariance", 9), eigenvalues = doubles("eigenvalues", 3),
             eigenvectors = doubles("eigenvectors", 9);

  DatasetStatistics statistics;
  statistics.format = format;
  for (const int64_t count : counts) {
    if (count < 0 || count > INT64_MAX - statistics.images)
      throw Error(path.string(), "tensor 'class_counts' holds " + std::to_string(count));
    statistics.images += count;
  }
  statistics.class_counts.assign(counts.begin(), counts.end());
  statistics.mean_image.assign(mean_image.begin(), mean_image.end());
  statistics.channel_means.assign(means.begin(), means.end());
  statistics.channel_deviations.assign(deviations.begin(), deviations.end());
  ColourPca colour;
  std::copy(means.begin(), means.end(), colour.mean.begin());
  std::copy(covariance.begin(), covariance.end(), colour.covariance.begin());
  std::copy(eigenvalues.begin(), eigenvalues.end(), colour.eigenvalues.begin());
  std::copy(eigenvectors.begin(), eigenvectors.end(), colour.eigenvectors.begin());
  statistics.colour = colour;
  return statistics;
}

}  // namespace tandem
