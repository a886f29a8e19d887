// `tandem show`, as a user meets it.
#include <catch2/catch.hpp>
#include <string>

#include "engine/data/decode.h"
#include "tests/apps/process.h"
#include "tests/engine/data/test_files.h"

namespace tandem {
namespace {

TEST_CASE("show curves draws runs into one picture", "[cli]") {
  const TemporaryFolder scratch;
  for (const std::string run : {"first", "second"}) {
    std::filesystem::create_directory(scratch.path() / run);
    scratch.write(run + "/log.jsonl",
                  "{\"epoch\":0.5,\"loss\":2.5}\n{\"epoch\":1,\"loss\":1.5}\n{\"epoch\":1,\"test_error\":12.5}\n");
  }
  const std::string folder = scratch.path().string(), first = folder + "/first", second = folder + "/second/";
  const std::string out = " --out " + folder + "/curves.svg";
  const Outcome loss = tandem("show curves " + first + " " + second + out);
  INFO(loss.error);
  CHECK(loss.code == 0);
  const std::string picture = read_whole(scratch / "curves.svg");
  CHECK_THAT(picture, Catch::StartsWith("<svg") && Catch::Contains("Training loss"));
  CHECK_THAT(picture, Catch::Contains(">first</text>") && Catch::Contains(">second</text>"));
  CHECK(tandem("show curves " + first + out + " --what test_error").code == 0);
  CHECK_THAT(read_whole(scratch / "curves.svg"), Catch::Contains("Test error") && !Catch::Contains(">second</text>"));
  // One name for both: the paths tell them apart.
  CHECK(tandem("show curves " + first + " " + folder + "/second/../first" + out).code == 0);
  CHECK_THAT(read_whole(scratch / "curves.svg"), Catch::Contains(">" + first + "</text>"));

  check_refused(tandem("show"), 2, "no command");
  check_refused(tandem("show curves" + out), 2, "run");
  check_refused(tandem("show curves " + first), 2, "--out");
  check_refused(tandem("show curves " + first + out + " --what accuracy"), 2, "accuracy");
  check_refused(tandem("show curves " + folder + out), 2, "log.jsonl");
  check_refused(tandem("show curves " + first + " --out " + folder + "/nowhere/curves.svg"), 1, "nowhere");
}

// A CIFAR-10 training set whose images are all of one colour each.
void write_plain_images(const TemporaryFolder& scratch) {
  std::filesystem::create_directory(scratch / "data");
  for (const std::string file : {"data_batch_1", "data_batch_2", "data_batch_3", "data_batch_4", "data_batch_5"}) {
    test::Bytes records;
    for (int image = 0; image < 4; ++image) {
      records.push_back(uint8_t(image));
      for (int channel = 0; channel < 3; ++channel)
        records.insert(records.end(), 1024, uint8_t(50 * channel + 30 * image));
    }
    scratch.write("data/" + file + ".bin", records);
  }
  scratch.write("data/test_batch.bin", test::cifar_record(0));
}

TEST_CASE("show augment draws what training sees: a row an image, a column an epoch", "[cli]") {
  const TemporaryFolder scratch;
  write_plain_images(scratch);
  const std::string data = (scratch / "data").string(), out = " --out " + (scratch / "sheet.png").string();
  const std::string command = "show augment " + data + " --model cifar-11pct --images 4 --epochs 3";
  const Outcome plain = tandem(command + out);
  INFO(plain.error);
  REQUIRE(plain.code == 0);
  CHECK_THAT(plain.out, Catch::Contains("4 training images") && Catch::Contains("epochs 1 to 3"));
  // Crops of 24 x 24, four times as large, with 4 pixels of white between them and around.
  const Image sheet = read_image(scratch / "sheet.png");
  CHECK(sheet.width == 4 * (96 + 4) + 4);
  CHECK(sheet.height == 4 * (96 + 4) + 4);
  // Images are of one colour, and that is what is seen: the mean that was subtracted is added again. Image i of the
  // sheet is image 5 i of the set, and so the i-th of its file.
  for (int row = 0; row < 4; ++row)
    for (int column = 0; column < 4; ++column)
      for (int c = 0; c < 3; ++c) CHECK(sheet.pixel(row * 100 + 50, column * 100 + 50)[c] == 50 * c + 30 * row);

  // The same seed gives the same picture, colour noise another one, in training alone.
  const std::string before = read_whole(scratch / "sheet.png");
  REQUIRE(tandem(command + out + " --threads 1").code == 0);
  CHECK(read_whole(scratch / "sheet.png") == before);
  REQUIRE(tandem(command + out + " --set augment.colour.rule=cuda-convnet").code == 0);
  const Image noisy = read_image(scratch / "sheet.png");
  CHECK(noisy.pixel(50, 50)[2] == 100);
  CHECK(noisy.pixel(50, 150)[2] != 100);
  CHECK(noisy.pixel(50, 150)[2] != noisy.pixel(50, 250)[2]);
  REQUIRE(tandem(command + out + " --subtracted").code == 0);

  check_refused(tandem("show augment" + out), 2, "data");
  check_refused(tandem("show augment " + data + out), 2, "augment.crop");  // alexnet-2012 wants 224 x 224
  check_refused(tandem(command + out + " --set augment.colour.rule=pca"), 2, "cuda-convnet");
  check_refused(tandem("show augment " + scratch.path().string() + out), 1, scratch.path().string());
  check_refused(tandem(command + " --out " + scratch.path().string() + "/nowhere/sheet.png"), 1, "nowhere");
}

}  // namespace
}  // namespace tandem
