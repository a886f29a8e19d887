// `tandem show`, as a user meets it.
#include <catch2/catch.hpp>
#include <string>

#include "tests/apps/process.h"

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
  check_refused(tandem("show curves " + first + out + " --what error"), 2, "error");
  check_refused(tandem("show curves " + folder + out), 2, "log.jsonl");
  check_refused(tandem("show curves " + first + " --out " + folder + "/nowhere/curves.svg"), 1, "nowhere");
}

}  // namespace
}  // namespace tandem
