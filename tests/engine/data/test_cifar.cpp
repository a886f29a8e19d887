#include "engine/data/cifar.h"

#include <catch2/catch.hpp>

#include "tests/engine/data/test_files.h"

namespace tandem {
namespace {

using Catch::Matchers::Contains;
using test::Bytes;
using test::cifar_record;
using test::message_of;

Bytes text(const std::string& characters) { return Bytes(characters.begin(), characters.end()); }

void write_training_files(const TemporaryFolder& folder, const std::string& subfolder) {
  for (int i = 1; i <= 5; ++i) {
    folder.write(subfolder + "data_batch_" + std::to_string(i) + ".bin", cifar_record(uint8_t(i)));
  }
}

TEST_CASE("CIFAR-10's planes become interleaved pixels, its files one set in order", "[data]") {
  const TemporaryFolder folder;
  const std::string subfolder = GENERATE("", "cifar-10-batches-bin/");
  write_training_files(folder, subfolder);
  REQUIRE(is_cifar_folder(folder.path()));
  const auto dataset = open_cifar(folder.path(), Split::train);
  REQUIRE(dataset->size() == 5);
  CHECK(dataset->format() == ImageFormat{32, 32, 3});
  CHECK(dataset->class_names()[9] == "truck");
  Bytes pixels(3072);
  int32_t label = -1;
  dataset->read(3, pixels.data(), &label);
  REQUIRE(label == 4);
  // Row 2, column 5 of file data_batch_4: see cifar_record.
  const size_t pixel = 2 * 32 + 5;
  CHECK(pixels[3 * pixel] == pixel + 4);
  CHECK(pixels[3 * pixel + 1] == pixel + 104);
  CHECK(pixels[3 * pixel + 2] == (pixel + 204) % 256);
}

TEST_CASE("class names come from batches.meta.txt if it is there", "[data]") {
  const TemporaryFolder folder;
  folder.write("test_batch.bin", cifar_record(0));
  const auto names = [&] { return open_cifar(folder.path(), Split::test)->class_names(); };
  const auto file = folder.write("batches.meta.txt", text("a\nb\nc\r\nd\ne\nf\ng\nh\ni\nj\n\n"));
  CHECK(names() == std::vector<std::string>{"a", "b", "c", "d", "e", "f", "g", "h", "i", "j"});
  folder.write("batches.meta.txt", text("a\nb\n"));
  CHECK_THAT(message_of(names), Contains(file.string()) && Contains("2 class names, expected 10"));
  folder.write("batches.meta.txt", text("a\x1b[2J\nb\n"));
  CHECK_THAT(message_of(names), Contains(file.string()) && Contains("printable ASCII"));
  folder.write("batches.meta.txt", Bytes(5000, 'a'));
  CHECK_THAT(message_of(names), Contains(file.string()) && Contains("more than the 4096 bytes"));
}

TEST_CASE("broken CIFAR-10 files are named", "[data]") {
  const TemporaryFolder folder;
  write_training_files(folder, "");
  const auto file = folder.path() / "data_batch_3.bin";
  const auto expect = [&](const std::string& reason) {
    CHECK_THAT(message_of([&] { open_cifar(folder.path(), Split::train); }),
               Contains(file.string()) && Contains(reason));
  };
  Bytes bytes = cifar_record(3);
  bytes.pop_back();
  folder.write("data_batch_3.bin", bytes);
  expect("is 3072 bytes long, expected a multiple of 3073");
  bytes = cifar_record(3);
  const Bytes second = cifar_record(10);
  bytes.insert(bytes.end(), second.begin(), second.end());
  folder.write("data_batch_3.bin", bytes);
  expect("gives record 1 the label 10, expected 0 to 9");
  folder.write("data_batch_3.bin", Bytes{});
  expect("is empty");
  std::filesystem::remove(file);
  expect("no such file");
}

}  // namespace
}  // namespace tandem
