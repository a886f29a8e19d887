#include "engine/data/image_folder.h"

#include <catch2/catch.hpp>

#include "engine/core/error.h"
#include "engine/data/decode.h"
#include "engine/data/open.h"
#include "engine/data/resize.h"
#include "tests/engine/data/photo_folder.h"
#include "tests/engine/data/test_files.h"

namespace tandem {
namespace {

using Catch::Matchers::Contains;
using Names = std::vector<std::string>;
using test::message_of;
using test::PhotoFolder;

TEST_CASE("a folder of class folders is a data set", "[image_folder]") {
  const PhotoFolder folder;
  const auto train = open_dataset(folder.path(), Split::train), test = open_dataset(folder.path(), Split::test);
  CHECK(train->size() == 6);
  CHECK(train->class_names() == Names{"ant", "bee", "cat"});
  CHECK(train->format() == ImageFormat{256, 256, 3});
  CHECK(test->size() == 2);
  CHECK(test->class_names() == train->class_names());

  // Image 3 is train/bee/2.jpg: classes by name, then files by name.
  const auto small = open_image_folder(folder.path(), Split::train, 16);
  std::vector<uint8_t> pixels(size_t(small->format().elements()));
  int32_t label = -1;
  small->read(3, pixels.data(), &label);
  CHECK(label == 1);
  CHECK(pixels == resize_to_square(read_image(test::kPhotos / "rgb.jpg", 32), 16, "").rgb);
}

TEST_CASE("DIR/test stands in for DIR/val, and the test split can do without training", "[image_folder]") {
  const TemporaryFolder folder;
  folder.write("test/b/1.jpg", read_whole(test::kPhotos / "444.jpg"));
  CHECK(open_dataset(folder.path(), Split::test)->class_names() == Names{"b"});
  CHECK_THAT(message_of([&] { open_dataset(folder.path(), Split::train); }),
             Contains("train: there is no such folder"));
}

TEST_CASE("hidden files are passed over, everything else in a class is a photograph", "[image_folder]") {
  const PhotoFolder folder;
  folder.write("train/ant/.DS_Store", "x");
  folder.write("train/.git/x", "x");
  folder.write("train/notes.txt", "x");
  CHECK(list_photographs(folder.path(), Split::train).size() == 6);
  folder.write("train/ant/notes.txt", "x");
  const auto dataset = open_image_folder(folder.path(), Split::train, 8);
  std::vector<uint8_t> pixels(8 * 8 * 3);
  int32_t label = 0;
  CHECK_THAT(message_of([&] { dataset->read(2, pixels.data(), &label); }),
             Contains((folder / "train/ant/notes.txt").string()) && Contains("not a picture"));
}

TEST_CASE("what is wrong with a folder of photographs is named", "[image_folder]") {
  const auto message = [](const TemporaryFolder& folder, Split split) {
    return message_of([&] { open_dataset(folder.path(), split); });
  };
  const PhotoFolder extra;
  extra.add("val/dog/1.jpg", "444.jpg");
  CHECK_THAT(message(extra, Split::test), Contains((extra / "val/dog").string()) && Contains("a class that"));
  CHECK(message(extra, Split::train).empty());

  const PhotoFolder empty;
  std::filesystem::create_directories(empty / "train/dog");
  CHECK_THAT(message(empty, Split::train), Contains((empty / "train/dog").string()) && Contains("no photographs"));

  const PhotoFolder odd_class, odd_file;
  odd_class.add("train/a\xff/1.jpg", "444.jpg");
  CHECK_THAT(message(odd_class, Split::train), Contains("no UTF-8"));
  odd_file.add("train/ant/\n.jpg", "444.jpg");
  CHECK_THAT(message(odd_file, Split::train), Contains("control characters") && Contains("\\n.jpg"));

  CHECK_THROWS_AS(open_image_folder(extra.path(), Split::train, 0), UsageError);
  CHECK_THROWS_AS(open_image_folder(extra.path(), Split::train, kMaximumPhotographSide + 1), UsageError);
}

}  // namespace
}  // namespace tandem
