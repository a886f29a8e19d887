#include "engine/data/statistics.h"

#include <catch2/catch.hpp>
#include <cmath>

#include "engine/core/error.h"
#include "engine/core/random.h"
#include "engine/data/memory_dataset.h"

namespace tandem {
namespace {

MemoryDataset random_images(long images, ImageFormat format) {
  const Random random(1, Purpose::augment);
  std::vector<uint8_t> pixels(size_t(images * format.elements())), labels(size_t(images), 0);
  for (size_t i = 0; i < pixels.size(); ++i) pixels[i] = uint8_t(200 + random.below(i, 20 + 15 * (i % 3)));
  return MemoryDataset("x", format, {"a"}, std::move(pixels), std::move(labels));
}

TEST_CASE("statistics count classes and measure channels", "[data]") {
  // Two images of 1 x 2 pixels, 2 channels: channel 0 is 0, 2, 4, 6; channel 1 is 255 throughout.
  const MemoryDataset dataset("x", {1, 2, 2}, {"a", "b", "c"}, {0, 255, 2, 255, 4, 255, 6, 255}, {2, 2});
  const DatasetStatistics statistics = measure(dataset);
  CHECK(statistics.images == 2);
  CHECK(statistics.format == ImageFormat{1, 2, 2});
  CHECK(statistics.class_counts == std::vector<long>{0, 0, 2});
  CHECK(statistics.mean_image == std::vector<float>{2, 255, 4, 255});
  CHECK(statistics.channel_means == std::vector<double>{3, 255});
  CHECK(statistics.channel_deviations[0] == Approx(std::sqrt(5.0)));
  CHECK(statistics.channel_deviations[1] == 0);
  CHECK_FALSE(statistics.colour);
}

// colour_pca of a list of pixels is held against PyTorch's golden results.
TEST_CASE("the colours of a data set are those of its pixels", "[data]") {
  const ImageFormat format{5, 7, 3};
  const MemoryDataset dataset = random_images(11, format);
  std::vector<double> pixels;
  std::vector<uint8_t> image(size_t(format.elements()));
  int32_t label = 0;
  for (long i = 0; i < dataset.size(); ++i) {
    dataset.read(i, image.data(), &label);
    pixels.insert(pixels.end(), image.begin(), image.end());
  }
  const ColourPca expected = colour_pca(pixels), measured = measure(dataset).colour.value();
  for (size_t k = 0; k < 3; ++k) {
    CHECK(measured.mean[k] == Approx(expected.mean[k]).epsilon(1e-13));
    CHECK(measured.eigenvalues[k] == Approx(expected.eigenvalues[k]).epsilon(1e-12));
  }
  for (size_t k = 0; k < 9; ++k) {
    CHECK(measured.covariance[k] == Approx(expected.covariance[k]).epsilon(1e-12));
    CHECK(measured.eigenvectors[k] == Approx(expected.eigenvectors[k]).margin(1e-10));
  }
}

TEST_CASE("statistics are the same bits for any number of threads, and progress counts every image", "[data]") {
  const MemoryDataset dataset = random_images(50, {6, 5, 3});
  std::vector<long> counts;
  const DatasetStatistics one = measure(dataset, 1),
                          four = measure(dataset, 4, [&](long done) { counts.push_back(done); });
  CHECK(one.mean_image == four.mean_image);
  CHECK(one.channel_means == four.channel_means);
  CHECK(one.colour->eigenvectors == four.colour->eigenvectors);
  CHECK(counts.size() == 50);
  CHECK(counts.back() == 50);
}

TEST_CASE("stored statistics are taken instead of measuring, except for a subset", "[data]") {
  class Stored : public MemoryDataset {
   public:
    Stored() : MemoryDataset("x", {1, 1, 1}, {"a"}, {7, 9}, {0, 0}) { statistics_.channel_means = {123}; }
    const DatasetStatistics* statistics() const override { return &statistics_; }

   private:
    DatasetStatistics statistics_;
  };
  CHECK(statistics_of(Stored()).channel_means[0] == 123);
  CHECK(statistics_of(*subset(std::make_unique<Stored>(), 1)).channel_means[0] == 7);
}

}  // namespace
}  // namespace tandem
