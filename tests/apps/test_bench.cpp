// What `tandem bench` measures, that it says so, and what it makes of an earlier run. No test depends on how long
// anything takes.
#include <catch2/catch.hpp>

#include "apps/bench/record.h"
#include "engine/core/error.h"
#include "tests/apps/playground.h"

namespace tandem {
namespace {

using Catch::Contains;

// Of LeNet, counted by hand: multiply-adds of one image forward, those of its first layer, whose input's gradient
// nobody wants, and parameters.
constexpr double kForward = 28. * 28 * 6 * 25 + 10. * 10 * 16 * 150 + 400. * 120 + 120. * 84 + 84. * 10;
constexpr double kFirst = 28. * 28 * 6 * 25;
constexpr double kParameters = 156 + 2416 + 48120 + 10164 + 850;

Json json_of(const std::string& arguments) {
  const Outcome outcome = tandem("bench " + arguments + " --device cpu --json -");
  INFO(outcome.error);
  REQUIRE(outcome.code == 0);
  return Json::parse(outcome.out);
}

std::vector<Json> rows_where(const Json& record, const std::string& key, const std::string& value) {
  std::vector<Json> found;
  for (const Json& row : record.at("rows"))
    if (row.at(key) == value) found.push_back(row);
  return found;
}

double sum(const std::vector<Json>& rows, const std::string& key) {
  double all = 0;
  for (const Json& row : rows) all += row.at(key).get<double>();
  return all;
}

std::vector<Json> both(const std::vector<Json>& rows, const std::string& key, const std::string& value) {
  std::vector<Json> found;
  for (const Json& row : rows)
    if (row.at(key) == value) found.push_back(row);
  return found;
}

TEST_CASE("bench ops measures every kernel of a model, and knows what it has to do", "[bench]") {
  const std::string cache = GENERATE("hot", "cold");
  const Json record = json_of("ops lenet --batch 4 --rounds 2 --threads 2 --cache " + cache);
  const Json& setting = record.at("setting");
  CHECK(setting.at("benchmark") == "ops");
  CHECK(setting.at("cache") == cache);
  CHECK(setting.at("batch") == Json({4}));
  CHECK(setting.at("threads") == 2);
  CHECK_THAT(setting.at("command").get<std::string>(), Contains("bench ops lenet --batch 4"));
  for (const char* key : {"when", "version", "build", "compiler", "gemm", "processor", "device"})
    CHECK_FALSE(setting.at(key).get<std::string>().empty());
  for (const Json& row : record.at("rows")) {
    INFO(row);
    CHECK(row.at("seconds").size() == 2);
    CHECK(row.at("limit").get<double>() > 0);
    CHECK(row.at("calls").get<int>() > 0);
  }
  const auto gemm = rows_where(record, "work", "gemm");
  CHECK(sum(both(gemm, "pass", "forward"), "flops") == 2 * 4 * kForward);
  CHECK(sum(both(gemm, "pass", "backward"), "flops") == 2 * 4 * (2 * kForward - kFirst));
  const auto sigmoid = both(rows_where(record, "work", "sigmoid_forward"), "layer", "act1");
  REQUIRE(sigmoid.size() == 1);
  CHECK(sigmoid[0].at("bytes") == 2.0 * 4 * 28 * 28 * 6 * sizeof(float));
  CHECK(sum(rows_where(record, "pass", "update"), "bytes") >= 5 * kParameters * sizeof(float));
  for (const char* kernel :
       {"im2col", "col2im", "add_bias", "column_sum", "average_pool_forward", "average_pool_backward",
        "sigmoid_backward", "softmax_cross_entropy_forward", "softmax_cross_entropy_backward", "sgd"})
    CHECK_FALSE(rows_where(record, "work", kernel).empty());
}

TEST_CASE("bench ops takes several models, and --only a layer or a kernel", "[bench]") {
  const Json kernel = json_of("ops lenet lenet-relu --batch 2 --rounds 1 --cache hot --only average_pool_forward");
  CHECK(rows_where(kernel, "model", "lenet").size() == 2);
  CHECK(rows_where(kernel, "model", "lenet-relu").size() == 2);
  CHECK(rows_where(kernel, "work", "average_pool_forward").size() == 4);
  const Json layer = json_of("ops lenet --batch 2 --rounds 1 --cache hot --only fc3");
  CHECK(rows_where(layer, "layer", "fc3").size() == layer.at("rows").size());
  CHECK(json_of("ops lenet --batch 2 --rounds 1 --cache hot --only sgd").at("rows").size() == 1);
  check_refused(tandem("bench ops lenet --only fc33 --device cpu"), 2, "did you mean fc3?");
  check_refused(tandem("bench ops lenet --batch 2 --only lrn_forward --device cpu"), 2, "--only lrn_forward");
  check_refused(tandem("bench layers lenet --only gemm --device cpu"), 2, "--only gemm");
}

TEST_CASE("bench ops in bf16 rounds parameters in the update, and in no layer's pass", "[bench]") {
  const Json record = json_of("ops lenet --batch 2 --rounds 1 --cache hot --precision bf16");
  CHECK(record.at("setting").at("precision") == Json({"bf16"}));
  CHECK(record.at("setting").at("changes").empty());
  CHECK(rows_where(record, "work", "sgd").size() == 1);
  const auto narrow = rows_where(record, "work", "narrow");
  REQUIRE(narrow.size() == 1);
  CHECK(narrow[0].at("pass") == "update");
  CHECK(narrow[0].at("bytes").get<double>() >= kParameters * (sizeof(float) + 2));
  const auto sigmoid = both(rows_where(record, "work", "sigmoid_forward"), "layer", "act1");
  REQUIRE(sigmoid.size() == 1);
  CHECK(sigmoid[0].at("bytes") == 2.0 * 2 * 28 * 28 * 6 * 2);
}

TEST_CASE("bench ops measures a net without parameters, which has no update", "[bench]") {
  const TemporaryFolder folder;
  folder.write("net.toml", R"(name = "fixed"
classes = 12
[input]
height = 1
width = 1
channels = 12
[[layer]]
name = "loss"
type = "softmax-cross-entropy"
)");
  folder.write("recipe.toml", read_whole(std::string(TANDEM_TEST_DATA) + "/../../apps/models/lenet/recipe.toml"));
  const Json record = json_of("ops '" + folder.path().string() + "' --batch 2 --rounds 1 --cache hot");
  CHECK_FALSE(record.at("rows").empty());
  CHECK(rows_where(record, "pass", "update").empty());
}

TEST_CASE("bench layers measures every pass of every layer", "[bench]") {
  const Json record = json_of("layers lenet --batch 4 --rounds 1 --cache hot");
  CHECK(rows_where(record, "pass", "forward").size() == 12);
  CHECK(rows_where(record, "pass", "backward").size() == 12);
  CHECK(sum(rows_where(record, "pass", "forward"), "flops") == 2 * 4 * kForward);
  for (const Json& row : record.at("rows")) CHECK(row.at("seconds").size() == 1);
  const Outcome text =
      tandem("bench layers lenet --batch 4 --rounds 3 --cache hot --only pool1 --device cpu --threads 1");
  CHECK_THAT(text.out, Contains("CPU, 1 thread") && Contains("medians of 3 rounds") && Contains("caches hot") &&
                           Contains("of limit %"));
}

TEST_CASE("bench net splits a step by layer and by kind of work", "[bench]") {
  const Json training = json_of("net lenet --batch 4 --rounds 2");
  const auto step = rows_where(training, "pass", "training step");
  REQUIRE(step.size() == 1);
  CHECK(step[0].at("seconds").size() == 2);
  CHECK(rows_where(training, "pass", "forward").size() == 12);
  CHECK(rows_where(training, "pass", "backward").size() == 12);
  CHECK(sum(rows_where(training, "work", "gemm"), "flops") == 2 * 4 * (3 * kForward - kFirst));
  CHECK(rows_where(training, "work", "sgd").size() == 1);
  CHECK(rows_where(training, "work", "between them, or idle").size() == 1);
  CHECK(training.at("setting").at("planned_bytes").get<double>() > 3 * kParameters * sizeof(float));

  const Json inference = json_of("net lenet --batch 4 --rounds 2 --inference");
  CHECK(rows_where(inference, "pass", "backward").empty());
  CHECK(rows_where(inference, "work", "sgd").empty());
  CHECK(sum(rows_where(inference, "work", "gemm"), "flops") == 2 * 4 * kForward);
  CHECK(json_of("net lenet --batch 4 --rounds 2 --whole").at("rows").size() == 1);
}

// A run of LeNet, and the same with all its times multiplied.
struct EarlierRun : TemporaryFolder {
  static constexpr const char* kBench =
      "bench layers lenet --batch 2 --rounds 3 --cache hot --only act1 --device cpu --threads 1";

  EarlierRun() {
    const Outcome outcome = tandem(kBench + to_file("now.json"));
    INFO(outcome.error);
    REQUIRE(outcome.code == 0);
  }
  std::string to_file(const std::string& name) const { return " --json '" + (path() / name).string() + "'"; }
  void write_multiplied(const std::string& name, double factor) const {
    Json record = Json::parse(read_whole(path() / "now.json"));
    for (Json& row : record["rows"])
      for (Json& seconds : row["seconds"]) seconds = seconds.get<double>() * factor + 1e-12;
    write(name, record.dump());
  }
  Outcome compare(const std::string& name, const std::string& bench = kBench) const {
    return tandem(bench + " --compare '" + (path() / name).string() + "'");
  }
};

TEST_CASE("bench --compare flags what got slower beyond the spread", "[bench]") {
  const EarlierRun here;
  here.write_multiplied("much-faster.json", 1e-6);
  here.write_multiplied("much-slower.json", 1e6);
  CHECK_THAT(here.compare("much-faster.json").out, Contains("SLOWER") && Contains("2 of 2 slower, 0 faster"));
  CHECK_THAT(here.compare("much-slower.json").out, Contains("0 of 2 slower, 2 faster"));
}

TEST_CASE("bench --compare refuses what is no earlier run, or one of something else", "[bench]") {
  const EarlierRun here;
  const std::string kOther = "bench layers lenet --batch 3 --rounds 3 --cache hot --only act1 --device cpu --threads 1";
  check_refused(here.compare("now.json", kOther), 2, "batch");
  check_refused(here.compare("now.json", "bench net lenet --batch 2 --device cpu --threads 1"), 2, "benchmark");
  check_refused(here.compare("now.json", std::string(EarlierRun::kBench) + " --json -"), 2, "--compare");
  check_refused(here.compare("now.json", std::string(EarlierRun::kBench) + " --precision bf16"), 2, "precision");
  check_refused(here.compare("now.json", std::string(EarlierRun::kBench) + " --set fc3.outputs=7"), 2, "changes");
  check_refused(here.compare("absent.json"), 1, "absent.json");
  const std::string whole = read_whole(here / "now.json");
  here.write("truncated.json", whole.substr(0, whole.size() / 2));
  here.write("list.json", "[1, 2]");
  here.write("empty-row.json", R"({"setting": {}, "rows": [{}]})");
  for (const std::string name : {"truncated.json", "list.json", "empty-row.json"})
    check_refused(here.compare(name), 1, "is not what `tandem bench --json` writes");
  for (const std::string wrong : {"[]", "[-1]", "\"long\"", "null", "[null]"}) {
    INFO(wrong);
    Json record = Json::parse(whole);
    record["rows"][0]["seconds"] = Json::parse(wrong);
    here.write("wrong.json", record.dump());
    check_refused(here.compare("wrong.json"), 1, "wrong.json");
  }
}

TEST_CASE("bench --compare refuses a file whose date is none, before it measures", "[bench]") {
  const EarlierRun here;
  Json record = Json::parse(read_whole(here / "now.json"));
  record["setting"]["when"] = 7;
  here.write("wrong.json", record.dump());
  check_refused(here.compare("wrong.json"), 1, "wrong.json");
}

TEST_CASE("bench learns that it cannot write before it measures", "[bench]") {
  check_refused(tandem("bench layers lenet --device cpu --json /nowhere/at-all.json"), 1, "/nowhere/at-all.json");
}

Row row_of(const std::vector<double>& seconds) { return {.model = "m", .layer = "l", .seconds = seconds}; }

TEST_CASE("a change is one when no round of one run is like a round of the other", "[bench]") {
  const Row before = row_of({1.0, 1.2, 1.1});
  CHECK(compare(before, row_of({1.3, 1.21, 1.25})) == Verdict::slower);
  CHECK(compare(before, row_of({1.3, 1.2, 1.25})) == Verdict::unclear);
  CHECK(compare(before, row_of({0.9, 0.99, 0.5})) == Verdict::faster);
  CHECK(compare(before, row_of({0.9, 1.0, 0.5})) == Verdict::unclear);
  CHECK(compare(before, row_of({9, 9})) == Verdict::unclear);  // no spread to speak of
  CHECK(compare(row_of({1, 1}), row_of({9, 9, 9})) == Verdict::unclear);
}

TEST_CASE("rates are of the median, GEMM's in operations and the others' in bytes", "[bench]") {
  Row row = row_of({4, 1, 2});
  CHECK(row.rate() == 0);
  row.bytes = 6e9;
  CHECK(row.rate() == 3e9);
  row.flops = 8e9;
  CHECK(row.rate() == 4e9);
  row.limit = 5e9;
  CHECK_THAT(rows_table({row}), Contains("4.0") && Contains("80") && !Contains("GB/s") && !Contains("pass"));
}

TEST_CASE("a comparison says what else has changed", "[bench]") {
  Record before{.setting = {{"processor", "an old one"}}, .rows = {row_of({1, 1, 1})}};
  Record now{.setting = {{"processor", "a new one"}}, .rows = {row_of({1, 1, 1})}};
  now.rows.push_back({.model = "m", .layer = "another", .seconds = {1}});
  before.setting["build"] = "Debug";
  now.setting["build"] = "Release";
  CHECK_THAT(comparison(before, now), Contains("Then another processor: \"an old one\"") && Contains("1.00") &&
                                          Contains("Then another build: \"Debug\"") && Contains("0 of 1 slower") &&
                                          Contains("this one 1, the earlier one 0") && !Contains("another  "));
  before.rows[0].layer = "a third";
  CHECK_THROWS_AS(comparison(before, now), UsageError);
}

// Runs a piece of Python that has loaded one of the scripts as `script`.
void check_python(const std::string& script, const std::string& code) {
  const std::string root = std::string(TANDEM_TEST_DATA) + "/../..";
  const std::string load = R"(
import importlib.machinery, importlib.util, sys
sys.dont_write_bytecode = True
if 'peers' in sys.argv[1]:
    try:
        import torch
    except ImportError:
        sys.exit(77)
loader = importlib.machinery.SourceFileLoader('script', sys.argv[1])
script = importlib.util.module_from_spec(importlib.util.spec_from_loader('script', loader))
loader.exec_module(script)
)";
  const TemporaryFolder scratch;
  scratch.write("test.py", load + code);
  const Outcome outcome =
      run_program("/usr/bin/python3", "'" + (scratch / "test.py").string() + "' '" + root + "/" + script + "'", "");
  INFO(outcome.out << outcome.error);
  if (outcome.code == 77) {
    WARN("skipped: there is no PyTorch");
    return;
  }
  CHECK(outcome.code == 0);
}

TEST_CASE("the fits of scripts/growth find the lines that points lie on", "[bench][slow]") {
  check_python("scripts/growth", R"(
a, b = script.fit_line([(x, 3 + 2 * x) for x in (1, 2, 8, 512)])
assert abs(a - 3) < 1e-9 and abs(b - 2) < 1e-9, (a, b)
c, p = script.fit_power([(x, 5 * x ** 1.5) for x in (1, 3, 100)])
assert abs(c - 5) < 1e-9 and abs(p - 1.5) < 1e-9, (c, p)
net = script.net_of("alexnet-paper")
changes = dict(change.split(".outputs=") for change in script.wider(net, 0.5))
assert changes["conv1"] == "48" and changes["conv2"] == "128" and changes["fc7"] == "2048", changes
assert "fc8" not in changes, changes
)");
}

TEST_CASE("the peer's forms of a net compute the same", "[bench][slow]") {
  check_python("scripts/peers/nets.py", R"(
def close(a, b):
    assert (a - b).abs().max() < 1e-5 * b.abs().max(), (a - b).abs().max()
x = 50 * torch.randn(2, 8, 5, 6)
expected = torch.empty_like(x)  # the paper's formula, a window of 5 channels within each of 2 groups
for c in range(8):
    first, last = (0, 4) if c < 4 else (4, 8)
    total = (x[:, max(first, c - 2):min(last, c + 3)] ** 2).sum(1)
    expected[:, c] = x[:, c] * (2 + 1e-4 * total) ** -0.75
for form in script.LRN_FORMS.values():
    close(form(8, groups=2)(x), expected)
for h in range(5):
    for w in range(6):
        total = (x[:, :, max(0, h - 1):h + 2, max(0, w - 1):w + 2] ** 2).sum((2, 3))
        expected[:, :, h, w] = x[:, :, h, w] * (1 + 5e-5 / 9 * total) ** -0.75
for form in script.SAME_MAP_FORMS.values():
    close(form(8)(x), expected)
for model, (_, shape, classes) in script.NETS.items():
    for make in script.forms(model).values():
        assert make().eval()(torch.randn(1, *shape)).shape == (1, classes), model
)");
}

TEST_CASE("scripts/growth measures a net from end to end", "[bench][slow]") {
  const std::string script = std::string(TANDEM_TEST_DATA) + "/../../scripts/growth";
  const Outcome outcome =
      run_program(script, "--model lenet --batches 1 8 --batch 4 --threads 1 2 --sizes 1 1.5 --widths 1 2 --rounds 1",
                  "TANDEM='" TANDEM_BINARY "'");
  INFO(outcome.error);
  CHECK(outcome.code == 0);  // memory is as planned
  CHECK_THAT(outcome.out, Contains("| 8 |") && Contains("| 42 x 42 |") && Contains("time ~ work^") &&
                              Contains("0 of 8 steps took other memory"));
}

}  // namespace
}  // namespace tandem
