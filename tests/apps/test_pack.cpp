// `tandem pack`, as a user meets it, down to training on what it wrote.
#include <catch2/catch.hpp>
#include <chrono>
#include <csignal>
#include <map>
#include <string>
#include <thread>

#include "tests/apps/process.h"
#include "tests/engine/data/photo_folder.h"

namespace tandem {
namespace {

std::map<std::string, std::string> files_in(const fs::path& folder) {
  std::map<std::string, std::string> files;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder))
    files[entry.path().filename()] = read_whole(entry.path());
  return files;
}

TEST_CASE("photographs are packed, checked and trained on", "[cli]") {
  const test::PhotoFolder folder;
  const TemporaryFolder scratch;
  const std::string photos = folder.path().string(), packed = (scratch / "packed").string();
  const Outcome pack = tandem("pack " + photos + " " + packed + " --side 32 --shard 2");
  INFO(pack.error);
  CHECK(pack.code == 0);
  CHECK_THAT(pack.out, Catch::Contains("train: 6 photographs in 3 shards") &&
                           Catch::Contains("test: 2 photographs in 1 shard") && Catch::Contains("3 classes"));
  CHECK_THAT(tandem("check data " + packed).out, Catch::Contains("train: 6 images of 32x32x3, 3 classes") &&
                                                     Catch::Contains("test: 2 images of 32x32x3, 3 classes"));
  CHECK_THAT(tandem("check data " + photos).out, Catch::Contains("train: 6 images of 256x256x3, 3 classes"));

  const Outcome bench = tandem("bench data " + packed + " --images 10 --json -");
  CHECK(bench.code == 0);
  CHECK_THAT(bench.out, Catch::Contains("\"images\": 10") && Catch::Contains("reading, processor"));
  CHECK_THAT(tandem("bench data " + packed).out, Catch::Contains("images/s on one thread"));

  const std::string train =
      "train lenet --device cpu --threads 1 --steps 2 --batch 2 --set net.classes=3 --set fc5.outputs=3"
      " --set net.input.height=32 --set net.input.width=32 --set net.input.channels=3"
      " --set input.subtract=mean-image --data ";
  const Outcome from_pack = tandem(train + packed + " --out " + (scratch / "a").string());
  INFO(from_pack.error);
  CHECK(from_pack.code == 0);
  const Outcome from_folder = tandem(train + photos + " --set input.resize=32 --out " + (scratch / "b").string());
  INFO(from_folder.error);
  CHECK(from_folder.code == 0);
}

TEST_CASE("pack tells what is wrong, and leaves out broken photographs only when asked", "[cli]") {
  const test::PhotoFolder folder;
  const TemporaryFolder scratch;
  const std::string photos = folder.path().string(), packed = (scratch / "packed").string();
  check_refused(tandem("pack " + photos), 2, "out");
  check_refused(tandem("pack " + photos + " " + packed + " --side 0"), 2, "--side");
  check_refused(tandem("pack " + photos + " " + packed + " --broken ignore"), 2, "--broken");
  check_refused(tandem("pack " + packed + " " + photos), 1, "no photographs to pack");

  folder.write("val/ant/1.jpg", "These are no pixels.");
  check_refused(tandem("pack " + photos + " " + packed), 1, "val/ant/1.jpg");
  const Outcome skipped = tandem("pack --broken skip " + photos + " " + packed);
  CHECK(skipped.code == 0);
  CHECK_THAT(skipped.error, Catch::StartsWith("left out val/ant/1.jpg: is not a picture"));
  CHECK_THAT(skipped.out, Catch::Contains("1 broken photographs left out"));
  check_refused(tandem("pack --broken skip --side 8 " + photos + " " + packed), 2, "other options");
}

TEST_CASE("pack survives kill -9 at any moment", "[cli]") {
  const test::PhotoFolder folder;
  for (int i = 0; i < 40; ++i) folder.add("train/cat/more-" + std::to_string(i) + ".jpg", "444.jpg");
  const TemporaryFolder scratch;
  const std::string photos = folder.path().string(), options = " --side 64 --shard 2 --threads 2";
  REQUIRE(tandem("pack " + photos + " " + (scratch / "whole").string() + options).code == 0);
  const std::string packed = (scratch / "killed").string();
  for (int milliseconds = 0; milliseconds < 60; milliseconds += 6) {
    RunningTandem running({"pack", photos, packed, "--side", "64", "--shard", "2", "--threads", "2"});
    std::this_thread::sleep_for(std::chrono::milliseconds(milliseconds));
    running.signal(SIGKILL);
    running.wait();
  }
  REQUIRE(tandem("pack " + photos + " " + packed + options).code == 0);
  CHECK(files_in(scratch / "whole") == files_in(scratch / "killed"));
}

}  // namespace
}  // namespace tandem
