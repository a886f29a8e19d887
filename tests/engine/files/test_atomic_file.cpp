// Tests engine/files/atomic_file: the file is whole or the old one, and nothing is left behind.
#include "engine/files/atomic_file.h"

#include <sys/stat.h>

#include <catch2/catch.hpp>
#include <string>

#include "engine/core/error.h"
#include "tests/engine/file_size_limit.h"
#include "tests/temporary_folder.h"

using namespace tandem;
using Catch::Matchers::Contains;

TEST_CASE("an atomic file appears at commit and replaces the old one") {
  const TemporaryFolder folder;
  write_plainly(folder / "a", "old");
  AtomicFile file(folder / "a");
  file.write("new ");
  file.write(std::as_bytes(std::span("bytes", 5)));
  CHECK(read_whole(folder / "a") == "old");
  file.commit();
  CHECK(read_whole(folder / "a") == "new bytes");
  CHECK(folder.entries() == 1);
}

TEST_CASE("an atomic file has the permissions any new file gets") {
  const TemporaryFolder folder;
  write_file(folder / "ours", "x");
  write_plainly(folder / "theirs", "x");
  struct stat ours, theirs;
  REQUIRE(stat((folder / "ours").c_str(), &ours) == 0);
  REQUIRE(stat((folder / "theirs").c_str(), &theirs) == 0);
  CHECK(ours.st_mode == theirs.st_mode);
}

TEST_CASE("an atomic file that is not committed leaves nothing behind") {
  const TemporaryFolder folder;
  write_plainly(folder / "a", "old");
  {
    AtomicFile file(folder / "a");
    file.write("new");
    CHECK(folder.entries() == 2);
  }
  CHECK(read_whole(folder / "a") == "old");
  CHECK(folder.entries() == 1);
}

TEST_CASE("a full disk leaves the old file and says why") {
  const TemporaryFolder folder;
  write_plainly(folder / "a", "old");
  {
    const FileSizeLimit limit(100000);
    CHECK_THROWS_WITH(write_file(folder / "a", std::string(150000, 'x')),
                      Contains((folder / "a").string()) && Contains("cannot be written: File too large"));
  }
  CHECK(read_whole(folder / "a") == "old");
  CHECK(folder.entries() == 1);
}

TEST_CASE("an atomic file that cannot exist is refused at once") {
  const TemporaryFolder folder;
  CHECK_THROWS_WITH(AtomicFile(folder / "none/a"), Contains("none/a") && Contains("No such file or directory"));
  CHECK_THROWS_WITH(AtomicFile(folder.path()), Contains("is not a regular file"));
  CHECK_THROWS_AS(AtomicFile("/dev/null"), Error);
  CHECK(folder.entries() == 0);
}

TEST_CASE("a target that turns into a folder is an error at commit") {
  const TemporaryFolder folder;
  {
    AtomicFile file(folder / "a");
    file.write("x");
    std::filesystem::create_directory(folder / "a");
    CHECK_THROWS_WITH(file.commit(), Contains("cannot be replaced: Is a directory"));
  }
  CHECK(folder.entries() == 1);
}

TEST_CASE("an atomic file in the current folder needs no folder in its name") {
  const TemporaryFolder folder;
  const std::filesystem::path before = std::filesystem::current_path();
  std::filesystem::current_path(folder.path());
  CHECK_NOTHROW(write_file("plain", "x"));
  std::filesystem::current_path(before);
  CHECK(read_whole(folder / "plain") == "x");
}
