#include "engine/data/batch_reader.h"

#include <catch2/catch.hpp>
#include <chrono>
#include <numeric>
#include <thread>

#include "engine/core/error.h"
#include "engine/core/random.h"
#include "engine/data/memory_dataset.h"

namespace tandem {
namespace {

using Catch::Matchers::Contains;

// Images of size x size whose every pixel is the image's number; the label is that number modulo 7.
MemoryDataset make_dataset(int images, int size = 4) {
  std::vector<uint8_t> pixels, labels;
  for (int i = 0; i < images; ++i) {
    pixels.insert(pixels.end(), size_t(size * size), uint8_t(i));
    labels.push_back(uint8_t(i % 7));
  }
  return MemoryDataset("tiny", {size, size, 1}, std::vector<std::string>(7, "c"), pixels, labels);
}

Transform make_transform(const Dataset& dataset, AugmentRecipe augment = {}) {
  return Transform(dataset.format(), {}, augment, Normaliser(Subtract::none, dataset.format(), {}));
}

// Throws when image `bad` is read.
class BrokenDataset : public MemoryDataset {
 public:
  BrokenDataset(int images, long bad) : MemoryDataset(make_dataset(images)), bad_(bad) {}
  void read(long index, uint8_t* pixels, int32_t* label) const override {
    if (index == bad_) throw Error("image.jpg", "is broken");
    MemoryDataset::read(index, pixels, label);
  }

 private:
  long bad_;
};

TEST_CASE("training visits the permutation of each epoch and drops the partial batch", "[data]") {
  const MemoryDataset dataset = make_dataset(23);
  BatchReader reader(dataset, make_transform(dataset), 5, 9, 0, ReadMode::train);
  REQUIRE(reader.steps_per_epoch() == 4);
  for (long step = 0; step < 12; ++step) {
    const Batch& batch = reader.next();
    REQUIRE(batch.step == step);
    REQUIRE(batch.epoch == step / 4);
    REQUIRE(batch.count == 5);
    const std::vector<uint32_t> order = permutation(9, uint64_t(batch.epoch), 23);
    for (int i = 0; i < 5; ++i) {
      const uint32_t image = order[size_t(step % 4 * 5 + i)];
      REQUIRE(batch.labels[size_t(i)] == int(image % 7));
      for (int k = 0; k < 16; ++k) REQUIRE(batch.images[size_t(i * 16 + k)] == image);
    }
  }
}

TEST_CASE("testing goes through the set in order and says how full the last batch is", "[data]") {
  const MemoryDataset dataset = make_dataset(12);
  BatchReader reader(dataset, make_transform(dataset), 5, 9, 0, ReadMode::test);
  REQUIRE(reader.steps_per_epoch() == 3);
  for (int epoch = 0; epoch < 2; ++epoch) {
    for (int image = 0; image < 12; image += 5) {
      const Batch& batch = reader.next();
      REQUIRE(batch.epoch == epoch);
      REQUIRE(batch.count == std::min(5, 12 - image));
      for (int i = 0; i < batch.count; ++i) REQUIRE(batch.images[size_t(i * 16)] == image + i);
    }
  }
}

TEST_CASE("training takes what the transform draws, testing the centre", "[data]") {
  const MemoryDataset dataset = make_dataset(30, 9);
  const Transform transform = make_transform(dataset, {4, true});
  const int batch_size = GENERATE(1, 7);
  BatchReader train(dataset, transform, batch_size, 3, 0, ReadMode::train);
  BatchReader test(dataset, transform, batch_size, 3, 0, ReadMode::test);
  for (long step = 0; step < 3 * train.steps_per_epoch(); ++step) {
    const Batch& batch = train.next();
    for (int i = 0; i < batch.count; ++i) {
      const long image = batch.images[size_t(i * 81)];  // the draw goes with the image, wherever that is
      REQUIRE(batch.draws[size_t(i)] == transform.draw(3, batch.epoch, image));
    }
    REQUIRE(test.next().draws[0] == transform.view({2, 2, false}));
  }
}

TEST_CASE("a reader that starts at a step goes on bit for bit", "[data]") {
  const MemoryDataset dataset = make_dataset(50, 6);
  const Transform transform = make_transform(dataset, {5, true});
  const ReadMode mode = GENERATE(ReadMode::train, ReadMode::test);
  BatchReader through(dataset, transform, 8, 4, 0, mode, 1);
  std::vector<Batch> batches;
  for (int step = 0; step < 20; ++step) batches.push_back(through.next());
  for (const long start : {0L, 1L, 6L, 13L}) {
    BatchReader resumed(dataset, transform, 8, 4, start, mode, 5);
    for (size_t step = size_t(start); step < batches.size(); ++step) {
      const Batch& batch = resumed.next();
      REQUIRE(batch.step == batches[step].step);
      REQUIRE(batch.count == batches[step].count);
      const long elements = long(batch.count) * 36;
      REQUIRE(std::equal(batch.images.begin(), batch.images.begin() + elements, batches[step].images.begin()));
      REQUIRE(std::equal(batch.draws.begin(), batch.draws.begin() + batch.count, batches[step].draws.begin()));
      REQUIRE(std::equal(batch.labels.begin(), batch.labels.begin() + batch.count, batches[step].labels.begin()));
    }
  }
}

TEST_CASE("another seed gives another order", "[data]") {
  const MemoryDataset dataset = make_dataset(100);
  BatchReader one(dataset, make_transform(dataset), 100, 1, 0, ReadMode::train);
  BatchReader two(dataset, make_transform(dataset), 100, 2, 0, ReadMode::train);
  CHECK(one.next().images != two.next().images);
}

TEST_CASE("a reader may be destroyed at any moment", "[data]") {
  const MemoryDataset dataset = make_dataset(40);
  for (int taken = 0; taken < 30; ++taken) {
    BatchReader reader(dataset, make_transform(dataset), 4, 1, 0, ReadMode::train, 1 + taken % 4);
    for (int i = 0; i < taken; ++i) reader.next();
  }
}

TEST_CASE("the batch in use stays untouched while others are read ahead", "[data]") {
  const MemoryDataset dataset = make_dataset(64);
  BatchReader reader(dataset, make_transform(dataset), 8, 1, 0, ReadMode::test, 2);
  for (int step = 0; step < 24; ++step) {
    const Batch& batch = reader.next();
    std::this_thread::sleep_for(std::chrono::milliseconds(1));  // the thread fills what it may
    for (int i = 0; i < 8; ++i) REQUIRE(batch.images[size_t(i * 16 + 15)] == (step * 8 + i) % 64);
  }
}

TEST_CASE("an exception in the thread arrives in next(), after the batches before it", "[data]") {
  const BrokenDataset dataset(20, 9);
  BatchReader reader(dataset, make_transform(dataset), 4, 1, 0, ReadMode::test);
  CHECK(reader.next().step == 0);
  CHECK(reader.next().step == 1);
  CHECK_THROWS_WITH(reader.next(), Contains("image.jpg: is broken"));
  CHECK_THROWS_AS(reader.next(), Error);
}

TEST_CASE("batches are aligned, and waiting is measured", "[data]") {
  const MemoryDataset dataset = make_dataset(10, 3);
  BatchReader reader(dataset, make_transform(dataset), 3, 1, 0, ReadMode::train);
  for (int step = 0; step < 8; ++step) {
    CHECK(reinterpret_cast<uintptr_t>(reader.next().images.data()) % 64 == 0);
  }

  class SlowDataset : public MemoryDataset {
   public:
    SlowDataset() : MemoryDataset(make_dataset(4)) {}
    void read(long index, uint8_t* pixels, int32_t* label) const override {
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
      MemoryDataset::read(index, pixels, label);
    }
  };
  const SlowDataset slow;
  BatchReader waiting(slow, make_transform(slow), 4, 1, 0, ReadMode::test);
  const auto began = std::chrono::steady_clock::now();
  waiting.next();
  waiting.next();
  const double elapsed = std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
  CHECK(waiting.seconds_waited() > 0.1);
  CHECK(waiting.seconds_waited() <= elapsed);
}

TEST_CASE("impossible batches are refused", "[data]") {
  const MemoryDataset dataset = make_dataset(10), other = make_dataset(10, 5);
  const Transform transform = make_transform(dataset);
  CHECK_THROWS_WITH(BatchReader(dataset, transform, 0, 1, 0, ReadMode::train), Contains("batch: 0 is not possible"));
  CHECK_THROWS_WITH(BatchReader(dataset, transform, 11, 1, 0, ReadMode::train),
                    Contains("11 is more than the 10 images of tiny"));
  CHECK_NOTHROW(BatchReader(dataset, transform, 11, 1, 0, ReadMode::test));
  CHECK_THROWS_AS(BatchReader(dataset, transform, 5, 1, -1, ReadMode::train), Error);
  CHECK_THROWS_AS(BatchReader(dataset, transform, 5, 1, 0, ReadMode::train, 0), Error);
  CHECK_THROWS_WITH(BatchReader(other, transform, 5, 1, 0, ReadMode::train), Contains("4x4x1") && Contains("5x5x1"));
}

}  // namespace
}  // namespace tandem
