// Tests engine/net/net_spec and net_plan: whatever is wrong in a net file is refused, with its place.
#include "engine/net/net_spec.h"

#include <catch2/catch.hpp>

#include "engine/core/error.h"
#include "tests/engine/net_text.h"

using namespace tandem;
using Catch::Matchers::Contains;

namespace {

const std::string kHead = R"(name = "little"
input = { height = 8, width = 8, channels = 2 }
classes = 3
)";
const std::string kConvolution = R"([[layer]]
name = "conv"
type = "convolution"
outputs = 4
kernel = 3
)";
const std::string kOutputs = R"([[layer]]
name = "fc"
type = "fully-connected"
outputs = 3
)";
const std::string kLoss = R"([[layer]]
name = "loss"
type = "softmax-cross-entropy"
)";

std::string refusal(const std::string& net) {
  try {
    plan_text<float>(net);
  } catch (const UsageError& error) {
    return error.what();
  }
  return "accepted";
}

}  // namespace

TEST_CASE("a net file becomes layers with shapes") {
  const NetPlan<float> plan = plan_text<float>(kHead + kConvolution + kOutputs + kLoss);
  CHECK(plan.name == "little");
  CHECK(plan.classes == 3);
  REQUIRE(plan.layers.size() == 3);
  CHECK(plan.layers[0].inputs == std::vector<int>{-1});
  CHECK(plan.layers[1].inputs == std::vector<int>{0});
  CHECK(plan.layers[0].output == ImageShape{6, 6, 4});
  CHECK(plan.layers[1].output == ImageShape{1, 1, 3});
  CHECK(plan.parameter_count() == (3 * 3 * 2 + 1) * 4 + (6 * 6 * 4 + 1) * 3);
  CHECK(plan.multiply_adds() == 6 * 6 * 4 * 3 * 3 * 2 + 6 * 6 * 4 * 3);
}

TEST_CASE("inputs name earlier layers") {
  const std::string branch = "[[layer]]\nname = \"b\"\ntype = \"relu\"\ninputs = [\"input\"]\n";
  const std::string join = "[[layer]]\nname = \"join\"\ntype = \"concat\"\ninputs = [\"a\", \"b\"]\n";
  const NetPlan<float> plan =
      plan_text<float>(kHead + "[[layer]]\nname = \"a\"\ntype = \"relu\"\n" + branch + join + kOutputs + kLoss);
  CHECK(plan.layers[1].inputs == std::vector<int>{-1});
  CHECK(plan.layers[2].inputs == std::vector<int>{0, 1});
  CHECK(plan.layers[2].output == ImageShape{8, 8, 4});
}

TEST_CASE("unknown types and keys are named with what is known") {
  CHECK_THAT(refusal(kHead + "[[layer]]\nname = \"x\"\ntype = \"convolucion\"\n" + kOutputs + kLoss),
             Contains("net.toml:6") && Contains("'convolucion'") && Contains("convolution, dropout"));
  CHECK_THAT(refusal(kHead + kConvolution + "strides = 2\n" + kOutputs + kLoss),
             Contains("net.toml:9") && Contains("'strides'") && Contains("did you mean 'stride'?"));
  CHECK_THAT(refusal("clases = 3\n" + kHead + kConvolution + kOutputs + kLoss), Contains("'clases'"));
  CHECK_THAT(refusal(kHead + "[[layer]]\ntype = \"relu\"\n" + kOutputs + kLoss), Contains("'name'"));
}

TEST_CASE("names are unique and can be parts of keys") {
  CHECK_THAT(refusal(kHead + kConvolution + kConvolution + kOutputs + kLoss),
             Contains("net.toml:10") && Contains("two layers are called 'conv'"));
  for (const std::string name : {"", "input", "a.b", "a b", "a/b"})
    CHECK_THAT(refusal(kHead + "[[layer]]\nname = \"" + name + "\"\ntype = \"relu\"\n" + kOutputs + kLoss),
               Contains("'" + name + "' cannot be a layer's name"));
}

TEST_CASE("a cycle cannot be written") {
  CHECK_THAT(refusal(kHead + kConvolution + "inputs = [\"fc\"]\n" + kOutputs + kLoss),
             Contains("'fc' is not a layer that comes earlier") && Contains("cannot have a cycle"));
  CHECK_THAT(refusal(kHead + kConvolution + "inputs = [\"conv\"]\n" + kOutputs + kLoss), Contains("'conv' is not"));
  CHECK_THAT(refusal(kHead + kConvolution + kOutputs + kLoss + "inputs = [\"nobody\"]\n"), Contains("'nobody'"));
}

TEST_CASE("every output has a reader and the last layer is a loss") {
  CHECK_THAT(refusal(kHead + kConvolution + kOutputs + "inputs = [\"input\"]\n" + kLoss),
             Contains("[[layer]] conv") && Contains("nothing reads this layer's output"));
  CHECK_THAT(refusal(kHead + kConvolution + kOutputs),
             Contains("[[layer]] fc") && Contains("fully-connected, which is not a loss"));
  CHECK_THAT(refusal(kHead + kConvolution + kOutputs + kLoss + "[[layer]]\nname = \"after\"\ntype = \"relu\"\n"),
             Contains("[[layer]] after") && Contains("a loss, which gives nothing to read"));
  CHECK_THAT(refusal(kHead), Contains("'layer'"));
  CHECK_THAT(refusal(kHead + "layer = []\n"), Contains("has no [[layer]]"));
}

TEST_CASE("the loss takes as many values as there are classes") {
  CHECK_THAT(refusal(kHead + kConvolution + kOutputs + "[[layer]]\nname = \"more\"\ntype = \"fully-connected\"\n" +
                     "outputs = 4\n" + kLoss),
             Contains("gets 4 values, but the net has 3 classes"));
}

TEST_CASE("a layer takes as many inputs as it can") {
  CHECK_THAT(refusal(kHead + kConvolution + "inputs = [\"input\", \"input\"]\n" + kOutputs + kLoss),
             Contains("takes one input, but the net file gives it 2"));
  CHECK(refusal(kHead + kConvolution + "inputs = []\n" + kOutputs + kLoss) != "accepted");
}
