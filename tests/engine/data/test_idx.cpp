#include "engine/data/idx.h"

#include <catch2/catch.hpp>

#include "tests/engine/data/test_files.h"

namespace tandem {
namespace {

using Catch::Matchers::Contains;
using test::Bytes;
using test::idx;
using test::message_of;

const char* const kImages = "train-images-idx3-ubyte";
const char* const kLabels = "train-labels-idx1-ubyte";

// Two images of 2 x 3 pixels with labels 0 and 1.
const Bytes kTwoImages = idx({2, 2, 3}, {1, 2, 3, 4, 5, 6, 250, 251, 252, 253, 254, 255});
const Bytes kTwoLabels = idx({2}, {0, 1});

// Opening the training split must fail with a message that names `file` and says `reason`.
void expect_error(const TemporaryFolder& folder, const std::string& file, const std::string& reason) {
  CHECK_THAT(message_of([&] { open_idx(folder.path(), Split::train); }),
             Contains((folder.path() / file).string()) && Contains(reason));
}

TEST_CASE("a small IDX data set reads back, plain and gzip", "[data]") {
  const TemporaryFolder folder;
  folder.write(kImages, kTwoImages);
  folder.write(std::string(kLabels) + ".gz", test::gzip(kTwoLabels));
  REQUIRE(is_idx_folder(folder.path()));
  const auto dataset = open_idx(folder.path(), Split::train);
  CHECK(dataset->size() == 2);
  CHECK(dataset->format() == ImageFormat{2, 3, 1});
  CHECK(dataset->class_names() == std::vector<std::string>{"0", "1"});
  Bytes pixels(6);
  int32_t label = -1;
  dataset->read(1, pixels.data(), &label);
  CHECK(pixels == Bytes{250, 251, 252, 253, 254, 255});
  CHECK(label == 1);
  dataset->read(0, pixels.data(), &label);
  CHECK(pixels == Bytes{1, 2, 3, 4, 5, 6});
  CHECK(label == 0);
}

TEST_CASE("a folder called fashion has Fashion-MNIST's class names", "[data]") {
  const TemporaryFolder folder;
  folder.write("FashionMNIST/raw/t10k-images-idx3-ubyte", idx({1, 1, 1}, {5}));
  folder.write("FashionMNIST/raw/t10k-labels-idx1-ubyte", idx({1}, {9}));
  const auto dataset = open_idx(folder.path() / "FashionMNIST" / "raw", Split::test);
  REQUIRE(dataset->classes() == 10);
  CHECK(dataset->class_names().front() == "T-shirt/top");
  CHECK(dataset->class_names().back() == "Ankle boot");
}

TEST_CASE("broken IDX image files are named", "[data]") {
  const TemporaryFolder folder;
  folder.write(kLabels, kTwoLabels);
  const auto broken = [&](Bytes bytes, const std::string& reason) {
    folder.write(kImages, bytes);
    expect_error(folder, kImages, reason);
  };
  const auto changed = [](size_t position, uint8_t value) {
    Bytes bytes = kTwoImages;
    bytes[position] = value;
    return bytes;
  };
  broken({}, "is empty");
  broken({0, 0, 8, 3, 0, 0, 0}, "7 bytes long, its header alone needs 16");
  broken(changed(0, 0x1f), "starts with 1f 00");
  broken(changed(2, 0x0d), "type code 0x0d, expected 0x08");
  broken(changed(3, 1), "1 dimensions, expected 3");
  broken(changed(7, 3), "promises 3 x 2 x 3 elements in its header, but holds only 12");
  broken(changed(7, 1), "promises 1 x 2 x 3 elements in its header, but holds 12");
  broken(Bytes(kTwoImages.begin(), kTwoImages.end() - 1), "holds only 11");
  broken(idx({0, 28, 28}, {}), "empty dimension");
  broken(idx({2, 0, 3}, {1, 2}), "empty dimension");
  // Products that are 0 in 32 bits and in 64 bits.
  broken(idx({65536, 65536, 1}, {1}), "promises 65536 x ... elements");
  broken(idx({0x80000000u, 0x80000000u, 4}, {1}), "promises 2147483648 x ... elements");
  broken(idx({1, 0xffffffffu, 0xffffffffu}, {1}), "promises 1 x 4294967295 x ... elements");
}

TEST_CASE("broken IDX label files are named", "[data]") {
  const TemporaryFolder folder;
  folder.write(kImages, kTwoImages);
  expect_error(folder, kLabels, "no such file");
  folder.write(kLabels, idx({3}, {0, 1, 0}));
  expect_error(folder, kLabels, "holds 3 labels");
  expect_error(folder, kImages, "holds 2 images");
  folder.write(kLabels, idx({2}, {0, 254}));
  expect_error(folder, kLabels, "gives image 1 the label 254, the largest possible is 253");
  folder.write(kLabels, kTwoImages);
  expect_error(folder, kLabels, "3 dimensions, expected 1");
  folder.write(kLabels, idx({2}, {0, 253}));
  CHECK(open_idx(folder.path(), Split::train)->classes() == 254);
}

}  // namespace
}  // namespace tandem
