// Tests engine/train/run_folder: which folders a new run may have, and how checkpoints are found.
#include "engine/train/run_folder.h"

#include <catch2/catch.hpp>

#include "engine/core/error.h"
#include "tests/temporary_folder.h"

using namespace tandem;
using Catch::Matchers::Contains;

namespace {

void check_refused(RunFolder&& folder, const std::string& reason) {
  CHECK_THROWS_AS(folder.create("net", "recipe"), UsageError);
  CHECK_THROWS_WITH(folder.create("net", "recipe"), Contains(folder.path().string()) && Contains(reason));
}

}  // namespace

TEST_CASE("a new run makes its folder") {
  const TemporaryFolder temporary;
  RunFolder folder(temporary / "runs/new");
  folder.create("net", "recipe");
  CHECK(read_whole(folder.file("net.toml")) == "net");
  CHECK(read_whole(folder.file("recipe.toml")) == "recipe");
  CHECK_FALSE(folder.finished());
  CHECK_FALSE(folder.newest_checkpoint().has_value());
}

TEST_CASE("an empty folder will do") {
  const TemporaryFolder temporary;
  CHECK_NOTHROW(RunFolder(temporary.path()).create("net", "recipe"));
}

TEST_CASE("a run that was killed before its first checkpoint is started afresh") {
  const TemporaryFolder temporary;
  RunFolder folder(temporary / "run");
  folder.create("net", "recipe");
  write_plainly(folder.log(), "{\"step\":1}\n");
  folder.create("other net", "other recipe");
  CHECK(read_whole(folder.file("net.toml")) == "other net");
  CHECK(read_whole(folder.file("recipe.toml")) == "other recipe");
}

TEST_CASE("what is in the way of a new run is refused") {
  const TemporaryFolder temporary;
  SECTION("a file") {
    write_plainly(temporary / "file", "x");
    check_refused(RunFolder(temporary / "file"), "is a file");
    CHECK(read_whole(temporary / "file") == "x");
  }
  SECTION("a run that can be resumed") {
    RunFolder folder(temporary / "run");
    folder.create("net", "recipe");
    write_plainly(folder.checkpoint(5), "x");
    check_refused(std::move(folder), "--resume");
  }
  SECTION("a finished run") {
    RunFolder folder(temporary / "run");
    folder.create("net", "recipe");
    write_plainly(folder.file("result.json"), "{}");
    check_refused(std::move(folder), "finished");
  }
  SECTION("somebody's files") {
    write_plainly(temporary / "thesis.tex", "x");
    check_refused(RunFolder(temporary.path()), "not a run");
    CHECK(temporary.entries() == 1);
  }
  SECTION("a model's folder, whose files are somebody's too") {
    write_plainly(temporary / "net.toml", "# commented");
    write_plainly(temporary / "recipe.toml", "# with care");
    check_refused(RunFolder(temporary.path()), "not a run");
    CHECK(read_whole(temporary / "net.toml") == "# commented");
  }
}

TEST_CASE("a folder that cannot be made is an error") {
  const TemporaryFolder temporary;
  write_plainly(temporary / "file", "x");
  RunFolder folder(temporary / "file/run");
  CHECK_THROWS_WITH(folder.create("net", "recipe"), Contains("file/run") && Contains("Not a directory"));
}

TEST_CASE("a run that goes on is not finished any more") {
  const TemporaryFolder temporary;
  RunFolder folder(temporary / "run");
  folder.create("net", "recipe");
  write_plainly(folder.file("result.json"), "{}");
  CHECK(folder.finished());
  folder.reopen("longer recipe");
  CHECK_FALSE(folder.finished());
  CHECK(read_whole(folder.file("recipe.toml")) == "longer recipe");
  CHECK_NOTHROW(folder.reopen("longer recipe"));
}

TEST_CASE("the newest checkpoint is the one with the most steps") {
  const TemporaryFolder temporary;
  RunFolder folder(temporary.path());
  for (const long step : {9, 100, 20}) write_plainly(folder.checkpoint(step), "x");
  for (const std::string name : {"checkpoint-.safetensors", "checkpoint-999x.safetensors", "checkpoint-999",
                                 "checkpoint-500.safetensors.tmp", "checkpoint-99999999999999999999.safetensors"})
    write_plainly(folder.file(name), "x");
  CHECK(folder.newest_checkpoint() == folder.file("checkpoint-100.safetensors"));
}

TEST_CASE("the newest checkpoints and the best one are kept") {
  const TemporaryFolder temporary;
  const RunFolder folder(temporary.path());
  const auto kept = [&](int keep, long best) {
    for (const long step : {9, 100, 20, 50}) write_plainly(folder.checkpoint(step), "x");
    write_plainly(folder.file("checkpoint-7.safetensors.tmp-1"), "x");  // somebody may be writing it
    folder.prune_checkpoints(keep, best);
    std::vector<long> steps;
    for (const long step : {9, 20, 50, 100})
      if (std::filesystem::exists(folder.checkpoint(step))) steps.push_back(step);
    CHECK(temporary.entries() == long(steps.size()) + 1);
    return steps;
  };
  using Steps = std::vector<long>;
  CHECK(kept(2, 0) == Steps{50, 100});
  CHECK(kept(2, 9) == Steps{9, 50, 100});
  CHECK(kept(2, 100) == Steps{50, 100});
  CHECK(kept(1, 50) == Steps{50, 100});
  CHECK(kept(1, 3) == Steps{100});
  CHECK(kept(9, 20) == Steps{9, 20, 50, 100});
}

TEST_CASE("what a killed run left half written is removed, also when it got no further than its log") {
  const TemporaryFolder temporary;
  write_plainly(temporary / "log.jsonl.tmp-1234", "");
  RunFolder folder(temporary.path());
  folder.create("net", "recipe");
  CHECK(temporary.entries() == 3);
  write_plainly(temporary / "checkpoint-7.safetensors.tmp-99", "half");
  write_plainly(temporary / "my.tmp-notes", "mine");
  folder.reopen("recipe");
  CHECK(temporary.entries() == 3 + 1);
  CHECK(std::filesystem::exists(temporary / "my.tmp-notes"));
}

TEST_CASE("one process trains into a folder at a time") {
  const TemporaryFolder temporary;
  std::optional<RunFolder> mine(std::in_place, temporary / "run");
  mine->create("net", "recipe");
  RunFolder other(temporary / "run");  // a lock is an open file's, so this stands for another process
  CHECK_THROWS_WITH(other.reopen("recipe"), Contains("is being trained by another process"));
  CHECK_THROWS_AS(other.create("net", "recipe"), UsageError);
  mine.reset();
  CHECK_NOTHROW(other.reopen("recipe"));
}

TEST_CASE("a user means a checkpoint or a run's newest one") {
  const TemporaryFolder temporary;
  RunFolder folder(temporary.path());
  CHECK_THROWS_AS(find_checkpoint(temporary / "nowhere"), UsageError);
  CHECK_THROWS_WITH(find_checkpoint(temporary / "nowhere"), Contains("does not exist"));
  CHECK_THROWS_WITH(find_checkpoint(temporary.path()), Contains("has no checkpoint-*.safetensors"));
  for (const long step : {1, 2}) write_plainly(folder.checkpoint(step), "x");
  CHECK(find_checkpoint(temporary.path()) == folder.checkpoint(2));
  CHECK(find_checkpoint(folder.checkpoint(1)) == folder.checkpoint(1));
}
