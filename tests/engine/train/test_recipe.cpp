// Tests engine/train/recipe.
#include "engine/train/recipe.h"

#include <catch2/catch.hpp>

#include "engine/core/error.h"

using namespace tandem;
using Catch::Matchers::Contains;

namespace {

const std::string kLeast = "batch = 4\nepochs = 2\nrate = { base = 0.1 }\n";

Recipe parse(const std::string& toml) { return parse_recipe(Options::parse(toml, "recipe.toml")); }

}  // namespace

TEST_CASE("a recipe needs a batch, epochs and a rate; the rest has defaults") {
  const Recipe recipe = parse(kLeast);
  CHECK(recipe.batch == 4);
  CHECK(recipe.epochs == 2);
  CHECK(recipe.steps == 0);
  CHECK(recipe.rate.base == 0.1);
  CHECK(recipe.rate.kind == RateSchedule::Kind::constant);
  CHECK(recipe.momentum == 0.9);
  CHECK(recipe.decay == 0);
  CHECK(recipe.bias_rate_multiplier == 1);
  CHECK(recipe.bias_decay_multiplier == 1);
  CHECK_FALSE(recipe.bias_rate.has_value());
  CHECK(recipe.input.subtract == Subtract::none);
  CHECK(recipe.input.scale == 1);
  CHECK(recipe.input.mean_crop == MeanCrop::centre);
  CHECK(recipe.augment.crop == 0);
  CHECK_FALSE(recipe.augment.flip);
  CHECK(recipe.augment.colour.rule == ColourRule::none);
  CHECK(recipe.augment.colour.deviation == 0.1);
  CHECK(recipe.augment.colour.epochs == 0);
  CHECK(recipe.limit == 0);
  CHECK(recipe.seed == 1);
  CHECK(recipe.precision == Precision::float32);
}

TEST_CASE("a recipe says everything") {
  const Recipe recipe = parse(R"(batch = 128
epochs = 90
steps = 1000
momentum = 0.5
decay = 5e-4
limit = 300
seed = 42
precision = "bf16"
rate = { schedule = "steps", base = 0.01, at = [30, 60], factor = 0.1 }
biases = { rate_multiplier = 2, decay_multiplier = 0, rate = { base = 0.02 } }
input = { subtract = "mean-image", scale = 0.5, resize = 256, mean_crop = "window" }
augment = { crop = 224, flip = true, colour = { rule = "cuda-convnet", deviation = 0.2, epochs = 60 } }
)");
  CHECK(recipe.batch == 128);
  CHECK(recipe.epochs == 90);
  CHECK(recipe.steps == 1000);
  CHECK(recipe.momentum == 0.5);
  CHECK(recipe.decay == 5e-4);
  CHECK(recipe.limit == 300);
  CHECK(recipe.seed == 42);
  CHECK(recipe.precision == Precision::bf16);
  CHECK(recipe.rate.at == std::vector<double>{30, 60});
  CHECK(recipe.bias_rate_multiplier == 2);
  CHECK(recipe.bias_decay_multiplier == 0);
  REQUIRE(recipe.bias_rate.has_value());
  CHECK(recipe.bias_rate->base == 0.02);
  CHECK(recipe.input.subtract == Subtract::mean_image);
  CHECK(recipe.input.scale == 0.5);
  CHECK(recipe.input.resize == 256);
  CHECK(recipe.input.mean_crop == MeanCrop::window);
  CHECK(recipe.augment.crop == 224);
  CHECK(recipe.augment.flip);
  CHECK(recipe.augment.colour.rule == ColourRule::cuda_convnet);
  CHECK(recipe.augment.colour.deviation == 0.2);
  CHECK(recipe.augment.colour.epochs == 60);
}

TEST_CASE("recipes that cannot be are refused") {
  for (const std::string missing : {"batch = 4\nepochs = 2\n", "batch = 4\nrate = { base = 0.1 }\n",
                                    "epochs = 2\nrate = { base = 0.1 }\n", "batch = 0\nepochs = 2\nrate.base = 1\n",
                                    "batch = 4\nepochs = -1\nrate.base = 1\n", "batch = 4\nepochs = 1\nrate = 0.1\n"}) {
    INFO(missing);
    CHECK_THROWS_AS(parse(missing), UsageError);
  }
  for (const std::string more : {"momentum = 1",
                                 "momentum = -0.1",
                                 "decay = -1",
                                 "steps = -1",
                                 "limit = -5",
                                 "seed = -1",
                                 "seed = 0.5",
                                 "momentun = 0.9",
                                 "biases.rate_multiplier = -1",
                                 "biases.rates = 1",
                                 "biases.rate.base = -1",
                                 "input.subtract = 'median'",
                                 "input.resize = -1",
                                 "augment.crop = -3",
                                 "augment.flip = 1",
                                 "augment.rotate = 1",
                                 "decay = nan",
                                 "decay = inf",
                                 "precision = 'float64'",
                                 "precision = 16"}) {
    INFO(more);
    CHECK_THROWS_AS(parse(kLeast + more), UsageError);
  }
  CHECK_THROWS_WITH(parse(kLeast + "momentun = 0.9"), Contains("recipe.toml:4") && Contains("did you mean 'momentum'"));
}

TEST_CASE("only the weights' rate waits for a plateau, and only a geometric one depends on the run's length") {
  const std::string geometric = "{ schedule = 'geometric', base = 0.1, pieces = 4, overall = 250 }";
  CHECK_THROWS_WITH(parse(kLeast + "biases.rate = { schedule = 'plateau', base = 0.1 }"), Contains("rate_multiplier"));
  CHECK_FALSE(parse(kLeast).rates_depend_on_length());
  CHECK(parse(kLeast + "biases.rate = " + geometric).rates_depend_on_length());
  CHECK(parse("batch = 4\nepochs = 2\nrate = " + geometric).rates_depend_on_length());
}
