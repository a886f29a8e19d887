// Tests engine/report/log_series.
#include "engine/report/log_series.h"

#include <catch2/catch.hpp>
#include <cmath>

#include "engine/core/error.h"
#include "tests/temporary_folder.h"

using namespace tandem;
using Catch::Matchers::Contains;

TEST_CASE("a series is the lines that have its key") {
  const TemporaryFolder folder;
  write_plainly(folder / "log.jsonl",
                "{\"step\":1,\"epoch\":0.5,\"loss\":2.5,\"error\":90}\n"
                "{\"step\":2,\"epoch\":1.0,\"loss\":null,\"error\":80}\n"
                "{\"step\":2,\"epoch\":1,\"test_error\":75.5}\n"
                "{\"step\":3,\"epoch\":1.5,\"loss\":2,\"error\":70}\n");
  const Series loss = read_series(folder / "log.jsonl", "loss", "mine");
  CHECK(loss.name == "mine");
  CHECK(loss.x == std::vector<double>{0.5, 1, 1.5});
  REQUIRE(loss.y.size() == 3);
  CHECK(loss.y[0] == 2.5);
  CHECK(std::isnan(loss.y[1]));
  CHECK(loss.y[2] == 2);
  const Series test = read_series(folder / "log.jsonl", "test_error", "mine");
  CHECK(test.x == std::vector<double>{1});
  CHECK(test.y == std::vector<double>{75.5});
  CHECK(read_series(folder / "log.jsonl", "nothing", "mine").x.empty());
}

TEST_CASE("what is no run's log is refused by its line") {
  const TemporaryFolder folder;
  const std::string log = (folder / "log.jsonl").string(), good = "{\"epoch\":1,\"loss\":2}\n";
  CHECK_THROWS_WITH(read_series(log, "loss", ""), Contains(log) && Contains("cannot be read"));
  for (const std::string bad :
       {"{\"epoch\":2,\"lo", "7", "", "{\"loss\":2}", "{\"epoch\":\"2\",\"loss\":2}", "{\"epoch\":2,\"loss\":\"2\"}"}) {
    INFO(bad);
    write_plainly(log, good + bad + "\n" + good);
    CHECK_THROWS_WITH(read_series(log, "loss", ""), Contains(log + ":2"));
  }
}
