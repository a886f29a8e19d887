// The real TensorBoard reads from a run's folder what its log says.
#include <catch2/catch.hpp>

#include "tests/apps/playground.h"

namespace tandem {
namespace {

// {tag: [[step, value], ...]} of the log's numbers.
Json scalars_of_log(const Playground& here) {
  Json scalars;
  for (const Json& line : here.log()) {
    const Json numbers = line.flatten();
    for (const auto& [path, value] : numbers.items())
      if (value.is_number() && path != "/step")
        scalars[path.substr(1)].push_back({line.at("step"), value.get<float>()});
  }
  return scalars;
}

TEST_CASE("TensorBoard shows what the log says, also after a run is resumed", "[tensorboard][slow]") {
  const Playground here;
  const auto check_tensorboard = [&] {
    const Outcome outcome = run_program(
        std::string(TANDEM_TEST_DATA) + "/../apps/tensorboard_scalars",
        "'" + here.run().string() + "' '" + fs::path(TANDEM_BINARY).parent_path().string() + "/tests/tensorboard-venv'",
        "");
    if (outcome.code == 77) {
      WARN("skipped: the tensorboard package cannot be installed: " << outcome.error);
      return;
    }
    INFO(outcome.error);
    REQUIRE(outcome.code == 0);
    const Json shown = Json::parse(outcome.out);
    for (const std::string tag : {"loss", "error", "rate", "images_per_s", "test_error"}) CHECK(shown.contains(tag));
    CHECK(shown == scalars_of_log(here));
  };
  check_succeeded(here.train("--epochs 2"));
  check_tensorboard();

  // As if it had been killed just before its last checkpoint, whose steps it has logged already.
  fs::remove(here.checkpoint(8));
  fs::remove(here.run() / "result.json");
  check_succeeded(here.train("--resume --epochs 3"));
  CHECK(scalars_of_log(here).at("loss").size() == 12);
  check_tensorboard();
}

}  // namespace
}  // namespace tandem
