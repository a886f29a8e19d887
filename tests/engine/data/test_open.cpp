#include "engine/data/open.h"

#include <catch2/catch.hpp>

#include "engine/core/error.h"
#include "engine/data/statistics.h"
#include "tests/engine/data/test_files.h"

namespace tandem {
namespace {

using Catch::Matchers::Contains;
using test::idx;
using test::message_of;

TEST_CASE("open_dataset recognises what a folder holds", "[data]") {
  const TemporaryFolder mnist, cifar;
  mnist.write("t10k-images-idx3-ubyte.gz", test::gzip(idx({1, 2, 2}, {1, 2, 3, 4})));
  mnist.write("t10k-labels-idx1-ubyte.gz", test::gzip(idx({1}, {3})));
  CHECK(open_dataset(mnist.path(), Split::test)->format() == ImageFormat{2, 2, 1});
  cifar.write("cifar-10-batches-bin/test_batch.bin", test::cifar_record(2));
  CHECK(open_dataset(cifar.path(), Split::test)->format() == ImageFormat{32, 32, 3});
}

TEST_CASE("a missing half of a data set is named", "[data]") {
  const TemporaryFolder folder;
  folder.write("train-images-idx3-ubyte", idx({1, 2, 2}, {1, 2, 3, 4}));
  CHECK_THAT(message_of([&] { open_dataset(folder.path(), Split::test); }),
             Contains((folder.path() / "t10k-images-idx3-ubyte").string()) && Contains("no such file"));
}

TEST_CASE("a folder that holds no data set is told what was looked for and found", "[data]") {
  const TemporaryFolder folder;
  const auto message = [&] { return message_of([&] { open_dataset(folder.path(), Split::train); }); };
  CHECK_THAT(message(), Contains(folder.path().string()) && Contains("train-images-idx3-ubyte") &&
                            Contains("data_batch_1.bin") && Contains("train/CLASS/") && Contains("found nothing"));
  folder.write("holiday.jpg", {1});
  folder.write("beach.jpg", {1});
  CHECK_THAT(message(), Contains("found beach.jpg, holiday.jpg"));
  for (const char digit : {'0', '1', '2', '3', '4', '5', '6', '7', '8'}) folder.write(std::string("z") + digit, {1});
  CHECK_THAT(message(), Contains("z5 and 3 more"));
}

TEST_CASE("a missing folder and a file in its place each get a sentence", "[data]") {
  const TemporaryFolder folder;
  const auto file = folder.write("file", {1});
  CHECK_THAT(message_of([&] { open_dataset(folder.path() / "absent", Split::train); }),
             Contains((folder.path() / "absent").string()) && Contains("no such folder"));
  CHECK_THAT(message_of([&] { open_dataset(file, Split::train); }),
             Contains(file.string()) && Contains("is not a folder"));
}

TEST_CASE("a subset is the first images with all the classes", "[data]") {
  const TemporaryFolder folder;
  folder.write("t10k-images-idx3-ubyte", idx({3, 1, 1}, {7, 8, 9}));
  folder.write("t10k-labels-idx1-ubyte", idx({3}, {0, 1, 2}));
  const auto whole = [&] { return open_dataset(folder.path(), Split::test); };
  const auto two = subset(whole(), 2);
  CHECK(two->size() == 2);
  CHECK(two->classes() == 3);
  uint8_t pixel = 0;
  int32_t label = 0;
  two->read(1, &pixel, &label);
  CHECK(pixel == 8);
  CHECK(label == 1);
  CHECK(subset(whole(), 3)->size() == 3);
  CHECK_THROWS_AS(subset(whole(), 0), UsageError);
  CHECK_THROWS_WITH(subset(whole(), 4), Contains(folder.path().string()) && Contains("first 4 of 3 images"));
}

TEST_CASE("Fashion-MNIST, where it is installed, has the published counts", "[data]") {
  const std::filesystem::path folder = "/usr/share/datasets/fashion-mnist";  // Debian's dataset-fashion-mnist
  if (!std::filesystem::exists(folder)) {
    WARN("skipped: " << folder << " is not there");
    return;
  }
  const DatasetStatistics train = measure(*open_dataset(folder, Split::train));
  CHECK(train.images == 60000);
  CHECK(train.format == ImageFormat{28, 28, 1});
  CHECK(train.class_counts == std::vector<long>(10, 6000));
  // The figures everybody normalises with: 0.2860 and 0.3530 of 255.
  CHECK(train.channel_means[0] / 255 == Approx(0.2860).margin(5e-5));
  CHECK(train.channel_deviations[0] / 255 == Approx(0.3530).margin(5e-5));

  const auto test = open_dataset(folder, Split::test);
  CHECK(test->class_names()[9] == "Ankle boot");
  CHECK(measure(*test).class_counts == std::vector<long>(10, 1000));
}

}  // namespace
}  // namespace tandem
