// Tests engine/report/json_log.
#include "engine/report/json_log.h"

#include <catch2/catch.hpp>
#include <cmath>
#include <nlohmann/json.hpp>

#include "engine/core/error.h"
#include "tests/engine/file_size_limit.h"
#include "tests/temporary_folder.h"

using namespace tandem;
using Catch::Matchers::Contains;

TEST_CASE("every line is on its way to the disk when write returns") {
  const TemporaryFolder folder;
  write_plainly(folder / "log.jsonl", "old\n");
  JsonLog log = JsonLog::create(folder / "log.jsonl");
  log.write({{"step", 1}, {"loss", 0.5}});
  CHECK(read_whole(folder / "log.jsonl") == "{\"loss\":0.5,\"step\":1}\n");
  log.write({{"step", 2}, {"loss", std::nan("")}});
  CHECK(read_whole(folder / "log.jsonl") == "{\"loss\":0.5,\"step\":1}\n{\"loss\":null,\"step\":2}\n");
}

TEST_CASE("a resumed log forgets what will be done again") {
  const TemporaryFolder folder;
  const std::string kept = "{\"config\":\"x\"}\n{\"step\":10}\n{\"step\":20}\n{\"epoch\":1}\n";
  auto resumed = [&](const std::string& before) {
    write_plainly(folder / "log.jsonl", before);
    JsonLog::resume(folder / "log.jsonl", 20).write({{"step", 21}});
    return read_whole(folder / "log.jsonl");
  };
  CHECK(resumed(kept) == kept + "{\"step\":21}\n");
  CHECK(resumed(kept + "{\"step\":30}\n{\"epoch\":2}\n{\"step\":40}\n") == kept + "{\"step\":21}\n");
  CHECK(resumed(kept + "{\"ste") == kept + "{\"step\":21}\n");
  CHECK(resumed(kept + "{\"eval\":1}") == kept + "{\"eval\":1}\n{\"step\":21}\n");
  CHECK(resumed("") == "{\"step\":21}\n");
  JsonLog::resume(folder / "new.jsonl", 20).write({{"step", 1}});
  CHECK(read_whole(folder / "new.jsonl") == "{\"step\":1}\n");
  CHECK(folder.entries() == 2);
}

TEST_CASE("a damaged log is not resumed but left as it is") {
  const TemporaryFolder folder;
  write_plainly(folder / "log.jsonl", "{\"step\":1}\nnonsense\n{\"step\":2}\n");
  CHECK_THROWS_WITH(JsonLog::resume(folder / "log.jsonl", 5), Contains("log.jsonl:2: is not a JSON object"));
  CHECK(read_whole(folder / "log.jsonl") == "{\"step\":1}\nnonsense\n{\"step\":2}\n");
}

TEST_CASE("a log that cannot be written says so") {
  const TemporaryFolder folder;
  CHECK_THROWS_WITH(JsonLog::create(folder / "none/log.jsonl"), Contains("No such file or directory"));
  JsonLog log = JsonLog::create(folder / "log.jsonl");
  const FileSizeLimit limit(4);
  CHECK_THROWS_WITH(log.write({{"step", 1}}), Contains("log.jsonl: cannot be written: File too large"));
}
