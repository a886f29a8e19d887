// What a run says about its layers: in its log, by tandem show layers, and of a start that goes nowhere.
#include <catch2/catch.hpp>

#include "tests/apps/playground.h"

namespace tandem {
namespace {

using Catch::Contains;

TEST_CASE("every tenth line and the last of a log say how the layers are, and show layers prints the last", "[show]") {
  const Playground here;
  check_succeeded(here.train("--steps 23", "run", "lenet-relu"));
  std::vector<long> steps;
  for (const Json& line : here.log()) {
    if (!line.contains("parameters")) continue;
    steps.push_back(line["step"]);
    REQUIRE(line["parameters"].size() == 10);
    for (const auto& [name, values] : line["parameters"].items()) {
      INFO(name);
      CHECK(values["mean_abs"].get<double>() > 0);
      CHECK(values["ratio"].get<double>() ==
            Approx(values["mean_abs_update"].get<double>() / values["mean_abs"].get<double>()));
    }
    REQUIRE(line["dead_units"].size() == 4);
    for (const double share : line["dead_units"]) CHECK((share >= 0 && share <= 1));
  }
  CHECK(steps == std::vector<long>{10, 20, 23});

  const Outcome shown = tandem("show layers '" + here.run().string() + "' --out '" + (here / "x.svg").string() + "'");
  check_succeeded(shown);
  CHECK_THAT(shown.out, Contains("After step 23") && Contains("conv1.weights") && Contains("act4") && Contains("|dw|"));
  CHECK_THAT(read_whole(here / "x.svg"), Contains("<svg") && Contains("fc5.biases"));
  check_refused(tandem("show layers '" + here.path().string() + "'"), 2, "log.jsonl");
  write_plainly(here / "log.jsonl", "{\"step\":1,\"epoch\":1,\"loss\":2}\n");
  check_refused(tandem("show layers '" + here.path().string() + "'"), 2, "nothing about layers yet");
  write_plainly(here / "log.jsonl", "{\"parameters\":[1]}\n");
  check_refused(tandem("show layers '" + here.path().string() + "'"), 1, "not a run's log");
}

TEST_CASE("a run that starts flat says so once, and what the paper did", "[show]") {
  const Playground here;
  const std::string note = "after 200 steps the loss is 2.30";
  const auto count = [&](const std::string& more, const std::string& name, const std::string& what) {
    const Outcome outcome = here.train(more, name, "lenet-relu");
    check_succeeded(outcome);
    long found = 0;
    for (size_t at = outcome.out.find(what); at != std::string::npos; at = outcome.out.find(what, at + 1)) ++found;
    return found;
  };
  const std::string still = "--epochs 60 --rate 0 ";
  // Initial weights of almost nothing: all classes stay equally likely.
  const std::string nothing = still + "--set fc5.init.weights=0 ";
  CHECK(count(nothing, "flat", note) == 1);
  CHECK(count(nothing, "advice", "conv2, conv4, conv5") == 1);
  CHECK(count(nothing + "--set conv1.init.bias=1", "with-bias", "conv2, conv4, conv5") == 0);
  CHECK(count(still + "--set fc5.init.weights={normal=3}", "confident", "Note:") == 0);
  CHECK(count("--epochs 40 --rate 0 --set fc5.init.weights=0", "short", "Note:") == 0);
}

}  // namespace
}  // namespace tandem
