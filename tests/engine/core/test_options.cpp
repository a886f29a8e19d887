// Tests engine/core/options: values against the TOML text, complaints against the exact sentence a user reads.
#include "engine/core/options.h"

#include <catch2/catch.hpp>
#include <filesystem>
#include <stdexcept>

#include "engine/core/error.h"
#include "tests/temporary_folder.h"

using namespace tandem;
using Catch::Matchers::Contains;

namespace {

const char* const kNet = R"(name = "alexnet-mini"
input = { height = 28, width = 28, channels = 1 }

[[layer]]
name = "conv1"
pad = [0, 0, 3, 3]
[layer.init]
weights = { normal = 0.01 }

[[layer]]
outputs = 64
)";

template <class Function>
std::string complaint(Function function) {
  try {
    function();
  } catch (const UsageError& error) {
    return error.what();
  }
  return "no complaint";
}

}  // namespace

TEST_CASE("options give the values of a TOML table") {
  const Options options = Options::parse(R"(
whole = -7
most = 9223372036854775807
number = 2.5e-3
yes = true
word = "max-pool"
at = [7, 9]
mixed = [1, 0.5]
inputs = ["a", "b"]
empty = []
)",
                                         "values.toml");
  CHECK(options.integer("whole") == -7);
  CHECK(options.integer("most") == 9223372036854775807L);
  CHECK(options.real("number") == 2.5e-3);
  CHECK(options.real("whole") == -7.0);
  CHECK(options.boolean("yes"));
  CHECK(options.text("word") == "max-pool");
  CHECK(options.integers("at") == std::vector<long>{7, 9});
  CHECK(options.reals("mixed") == std::vector<double>{1.0, 0.5});
  CHECK(options.texts("inputs") == std::vector<std::string>{"a", "b"});
  CHECK(options.integers("empty").empty());
  CHECK(options.is_number("whole"));
  CHECK(options.is_number("number"));
  CHECK_FALSE(options.is_number("word"));
  CHECK(options.is_text("word"));
  CHECK(options.is_array("at"));
  CHECK_FALSE(options.is_table("at"));
  CHECK_NOTHROW(options.finish());
}

TEST_CASE("options take the default only where the key is absent") {
  const Options options = Options::parse("a = 1\nb = 2.0\nc = false\nd = 'x'\ne = 5", "defaults.toml");
  CHECK(options.integer("a", 9) == 1);
  CHECK(options.real("b", 9) == 2);
  CHECK_FALSE(options.boolean("c", true));
  CHECK(options.text("d", "y") == "x");
  CHECK(options.count("e", 9) == 5);
  CHECK(options.integer("A", 9) == 9);
  CHECK(options.real("B", 0.5) == 0.5);
  CHECK(options.boolean("C", true));
  CHECK(options.text("D", "y") == "y");
  CHECK(options.count("E", 9) == 9);
  CHECK_FALSE(options.has("A"));
  CHECK(complaint([&] { options.integer("d", 9); }) ==
        "defaults.toml:4: key 'd' should be a whole number, found text 'x'");
}

TEST_CASE("options say what a value should have been, and where") {
  const Options options = Options::parse(R"(n = "abc"
huge = 3000000000
zero = 0
half = 0.5
inf = inf
nan = nan
list = [1,
  "two"]
table = {}
)",
                                         "net.toml");
  CHECK(complaint([&] { options.integer("n"); }) == "net.toml:1: key 'n' should be a whole number, found text 'abc'");
  CHECK(complaint([&] { options.count("huge"); }) ==
        "net.toml:2: key 'huge' should be a whole number from 1 to 2147483647, found 3000000000");
  CHECK_THAT(complaint([&] { options.count("zero"); }),
             Contains("net.toml:3: key 'zero' should be a whole number from 1"));
  CHECK(complaint([&] { options.integer("half"); }) == "net.toml:4: key 'half' should be a whole number, found 0.5");
  CHECK(complaint([&] { options.real("inf"); }) == "net.toml:5: key 'inf' should be a finite number, found inf");
  CHECK(complaint([&] { options.real("nan"); }) == "net.toml:6: key 'nan' should be a finite number, found nan");
  CHECK(complaint([&] { options.integers("list"); }) ==
        "net.toml:8: key 'list' should be a list of whole numbers, found text 'two'");
  CHECK(complaint([&] { options.texts("zero"); }) == "net.toml:3: key 'zero' should be a list of texts, found 0");
  CHECK(complaint([&] { options.text("list"); }) == "net.toml:7: key 'list' should be text, found a list");
  CHECK(complaint([&] { options.boolean("table"); }) ==
        "net.toml:9: key 'table' should be true or false, found a table");
  CHECK(complaint([&] { options.table("n"); }) == "net.toml:1: key 'n' should be a table, found text 'abc'");
  CHECK(complaint([&] { options.optional_table("n"); }) == "net.toml:1: key 'n' should be a table, found text 'abc'");
  CHECK(complaint([&] { options.tables("list"); }) == "net.toml:7: key 'list' should be a list of tables, found 1");
  CHECK(complaint([&] { options.real("absent"); }) == "net.toml: key 'absent' is missing");
}

TEST_CASE("a missing key points at a likely slip") {
  const Options options = Options::parse("ouputs = 3", "net.toml");
  CHECK(complaint([&] { options.count("outputs"); }) ==
        "net.toml: key 'outputs' is missing; is 'ouputs' a slip for it?");
}

TEST_CASE("tables know where they stand") {
  const Options net = Options::parse(kNet, "net.toml");
  CHECK(net.where() == "net.toml");
  CHECK(net.table("input").where() == "net.toml:2 [input]");
  CHECK(net.table("input").count("height") == 28);
  const std::vector<Options> layers = net.tables("layer");
  REQUIRE(layers.size() == 2);
  CHECK(layers[0].where() == "net.toml:4 [[layer]] conv1");
  CHECK(layers[1].where() == "net.toml:10 [[layer]]");
  CHECK(layers[0].where("pad") == "net.toml:6 [[layer]] conv1: key 'pad'");
  CHECK(layers[0].integers("pad") == std::vector<long>{0, 0, 3, 3});
  const Options init = layers[0].table("init");
  CHECK(init.where() == "net.toml:7 [[layer]] conv1 [init]");
  CHECK(init.table("weights").real("normal") == 0.01);
  CHECK(complaint([&] { layers[1].text("outputs"); }) ==
        "net.toml:11 [[layer]]: key 'outputs' should be text, found 64");
  const Options absent = layers[1].optional_table("init");
  CHECK_FALSE(absent.has("weights"));
  CHECK(complaint([&] { absent.real("bias"); }) == "net.toml:10 [[layer]] [init]: key 'bias' is missing");
}

TEST_CASE("finish refuses what nobody read") {
  SECTION("an unknown key, with the nearest one") {
    const Options options = Options::parse("batch = 1\nmomentun = 0.9\n", "recipe.toml");
    options.count("batch");
    options.real("momentum", 0.9);
    CHECK(complaint([&] { options.finish(); }) ==
          "recipe.toml:2: unknown key 'momentun', did you mean 'momentum'?; known here: batch, momentum");
  }
  SECTION("no guess where nothing is near") {
    const Options options = Options::parse("zebra = 1", "recipe.toml");
    options.count("batch", 1);
    CHECK(complaint([&] { options.finish(); }) == "recipe.toml:1: unknown key 'zebra'; known here: batch");
  }
  SECTION("a key inside a table that was handed out") {
    const Options net = Options::parse(kNet, "net.toml");
    net.text("name");
    const Options input = net.table("input");
    input.count("height");
    input.count("channels");
    const Options conv1 = net.tables("layer")[0];
    conv1.text("name");
    conv1.integers("pad");
    CHECK_THAT(complaint([&] { net.finish(); }), Contains("net.toml:2 [input]: unknown key 'width'"));
    input.count("width");
    CHECK_THAT(complaint([&] { net.finish(); }), Contains("net.toml:7 [[layer]] conv1: unknown key 'init'"));
  }
  SECTION("a table nobody opened, though its presence was asked") {
    const Options options = Options::parse("[augment]\ncrop = 1", "recipe.toml");
    CHECK(options.has("augment"));
    CHECK(complaint([&] { options.finish(); }) == "recipe.toml:1: key 'augment' has no use here");
  }
}

TEST_CASE("set overrides values before they are read") {
  Options recipe = Options::parse("epochs = 10\nrate = { base = 0.02, schedule = \"steps\" }\n", "recipe.toml");
  recipe.set("rate.base", "0.1");
  recipe.set("rate.schedule", "step-wise");
  recipe.set("rate.at", "[7, 9]");
  recipe.set("epochs", "3");
  recipe.set("input.mean.kind", "'mean image'");
  recipe.set("note", "");
  CHECK(recipe.integer("epochs") == 3);
  CHECK(recipe.text("note").empty());
  const Options rate = recipe.table("rate");
  CHECK(rate.real("base") == 0.1);
  CHECK(rate.text("schedule") == "step-wise");
  CHECK(rate.integers("at") == std::vector<long>{7, 9});
  CHECK(recipe.table("input").table("mean").text("kind") == "mean image");
  CHECK_NOTHROW(recipe.finish());
  CHECK_THROWS_AS(recipe.set("epochs", "4"), std::logic_error);
}

TEST_CASE("set names itself in complaints") {
  Options recipe = Options::parse("epochs = 10\n", "recipe.toml");
  recipe.set("batch", "many");
  recipe.set("rate.baze", "1");
  CHECK(complaint([&] { recipe.count("batch"); }) ==
        "--set batch=many: key 'batch' should be a whole number, found text 'many'");
  const Options rate = recipe.table("rate");
  rate.real("base", 1);
  CHECK_THAT(complaint([&] { rate.finish(); }), Contains("--set rate.baze=1 [rate]: unknown key 'baze'"));
  Options fresh = Options::parse("epochs = 10\n", "recipe.toml");
  CHECK(complaint([&] { fresh.set("epochs.base", "1"); }) == "--set epochs.base=1: 'epochs' is not a table but 10");
  CHECK_THAT(complaint([&] { fresh.set("at", "[7, 9"); }), Contains("--set at=[7, 9: "));
  CHECK_THAT(complaint([&] { fresh.set("a..b", "1"); }), Contains("'a..b' has an empty name"));
  CHECK_THAT(complaint([&] { fresh.set("", "1"); }), Contains("has an empty name"));
  CHECK_THAT(complaint([&] { fresh.set("a", "1\nb = 2"); }), Contains("more than one value"));
}

TEST_CASE("toml gives back the same table, overrides included") {
  Options net = Options::parse(kNet, "net.toml");
  net.set("rate.base", "5e-4");
  net.set("classes", "10");
  const Options again = Options::parse(net.toml(), "again.toml");
  CHECK(again.toml() == net.toml());
  CHECK(again.table("rate").real("base") == 5e-4);
  CHECK(again.integer("classes") == 10);
  CHECK(again.tables("layer")[0].integers("pad") == std::vector<long>{0, 0, 3, 3});
  CHECK(again.tables("layer")[0].table("init").table("weights").real("normal") == 0.01);
}

TEST_CASE("broken TOML is refused with its line") {
  CHECK_THAT(complaint([] { Options::parse("a = 1\nb = = 2", "bad.toml"); }), Contains("bad.toml:2: "));
  CHECK_THAT(complaint([] { Options::parse("a = 1\na = 2", "bad.toml"); }), Contains("bad.toml:2: "));
  CHECK_THAT(complaint([] { Options::parse("a = 99999999999999999999", "bad.toml"); }), Contains("bad.toml:1: "));
  CHECK_THAT(complaint([] { Options::parse("a = " + std::string(100000, '['), "bad.toml"); }),
             Contains("bad.toml:1: "));
}

TEST_CASE("options are read from a file") {
  const TemporaryFolder folder;
  const std::filesystem::path path = folder / "net.toml";
  write_plainly(path, kNet);
  CHECK(Options::parse_file(path).tables("layer")[0].where() == path.string() + ":4 [[layer]] conv1");
  write_plainly(folder / "empty.toml", "");
  CHECK_NOTHROW(Options::parse_file(folder / "empty.toml").finish());
  CHECK_THAT(complaint([&] { Options::parse_file(folder / "none.toml"); }),
             Contains("none.toml: cannot be read: No such"));
  CHECK_THAT(complaint([&] { Options::parse_file(folder.path()); }),
             Contains(folder.path().string() + ": cannot be read"));
  std::filesystem::resize_file(path, 17 << 20);
  CHECK_THAT(complaint([&] { Options::parse_file(path); }), Contains("larger than 16 MiB"));
}
