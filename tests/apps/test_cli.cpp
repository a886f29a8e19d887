// The program as a user meets it: runs the built binary and looks at its exit code and at what it prints.
#include <catch2/catch.hpp>
#include <cstdlib>
#include <string>
#include <vector>

#include "engine/device/device.h"
#include "kernels/shapes.h"
#include "tests/apps/playground.h"

namespace tandem {
namespace {

constexpr const char* kRecipe = R"(batch = 4
epochs = 1
rate = { schedule = "constant", base = 0.1 }
)";
constexpr const char* kHead = R"(name = "little"
input = { height = 8, width = 8, channels = 1 }
classes = 3
)";
constexpr const char* kConvolution = R"(
[[layer]]
name = "conv"
type = "convolution"
outputs = 4
kernel = 3
)";
constexpr const char* kTail = R"(
[[layer]]
name = "fc"
type = "fully-connected"
outputs = 3
[[layer]]
name = "loss"
type = "softmax-cross-entropy"
)";

// `tandem plan` of a model folder made for the purpose.
Outcome plan(const std::string& net, const std::string& recipe = kRecipe, const std::string& more = "") {
  const TemporaryFolder scratch;
  scratch.write("net.toml", net);
  scratch.write("recipe.toml", recipe);
  return tandem("plan '" + scratch.path().string() + "' " + more);
}

TEST_CASE("help and version are answers, not errors", "[cli]") {
  const Outcome version = tandem("--version");
  CHECK(version.code == 0);
  CHECK(version.out.starts_with("tandem 0."));
  for (const std::string command :
       {"", "plan ", "check ", "check env ", "check gradients ", "check data ", "eval ", "classify ", "show ",
        "show neighbours ", "show filters ", "bench ", "bench ops ", "bench layers ", "bench net ", "bench data "}) {
    INFO(command);
    const Outcome help = tandem(command + "--help");
    CHECK(help.code == 0);
    CHECK(help.error.empty());
    CHECK_THAT(help.out, Catch::Contains("Usage: tandem"));
  }
  CHECK_THAT(tandem("--help").out, Catch::Contains("Exit codes:"));
}

TEST_CASE("a command line that cannot be parsed is wrong usage", "[cli]") {
  check_refused(tandem(""), 2, "no command");
  check_refused(tandem("check"), 2, "no command");
  check_refused(tandem("check gradient lenet"), 2, "gradient");
  check_refused(tandem("plam lenet"), 2, "plam");
  check_refused(tandem("plan"), 2, "model");
  check_refused(tandem("plan lenet --bach 3"), 2, "--bach");
  check_refused(tandem("plan lenet --batch 0"), 2, "--batch");
  check_refused(tandem("plan lenet --batch many"), 2, "many");
}

TEST_CASE("an unknown model is answered with the known ones and the nearest", "[cli]") {
  const Outcome outcome = tandem("plan alxnet-paper");
  check_refused(outcome, 2, "alxnet-paper");
  CHECK_THAT(outcome.error, Catch::Contains("did you mean alexnet-paper?") && Catch::Contains("lenet-relu"));
  check_refused(tandem("plan /nowhere/at-all"), 2, "/nowhere/at-all");
  check_refused(tandem("plan ''"), 2, "model ''");
  check_refused(tandem("plan lenet", "TANDEM_MODELS=/nowhere"), 2, "/nowhere");
}

TEST_CASE("TANDEM_MODELS names another folder of models", "[cli]") {
  const TemporaryFolder scratch;
  fs::create_directory(scratch.path() / "mine");
  scratch.write("mine/net.toml", std::string(kHead) + kConvolution + kTail);
  scratch.write("mine/recipe.toml", kRecipe);
  const Outcome outcome = tandem("plan mine", "TANDEM_MODELS='" + scratch.path().string() + "'");
  CHECK(outcome.code == 0);
  CHECK_THAT(outcome.out, Catch::Contains("6x6x4"));
}

TEST_CASE("plan shows shapes, parameters, work and memory", "[cli]") {
  const Outcome outcome = tandem("plan alexnet-paper --batch 128 --device cpu");
  INFO(outcome.error);
  CHECK(outcome.code == 0);
  for (const std::string text : {"conv5", "13x13x256", "60,965,224", "724,406,816", "529.4 GFLOP"})
    CHECK_THAT(outcome.out, Catch::Contains(text));  // 128 images of 2 * (3 * 724,406,816 - 105,415,200) operations
}

TEST_CASE("plan counts images as they are stored, and says everything in JSON", "[cli]") {
  const Playground here(32);
  const auto planned = [&](const std::string& more) {
    const Outcome outcome = tandem("plan lenet --batch 10 --device cpu --json --set input.resize=28 " + more);
    INFO(outcome.error);
    REQUIRE(outcome.code == 0);
    return nlohmann::json::parse(outcome.out);
  };
  const nlohmann::json without = planned(""), with = planned("--data '" + here.data() + "'");
  CHECK(without.at("parameters") == 61706);
  CHECK(without.at("multiply_adds") == 416520);
  CHECK(without.at("step_multiply_adds") == 3 * 416520 - 117600);
  constexpr size_t kBeside = sizeof(ImageDraw) + sizeof(int32_t);  // of each image
  CHECK(without.at("read_ahead_bytes") == 2 * 4 * 10 * (28 * 28 + kBeside));
  CHECK(with.at("read_ahead_bytes") == 2 * 4 * 10 * (32 * 32 + kBeside));
  CHECK(with.at("step_bytes") > without.at("step_bytes"));
  check_refused(tandem("plan lenet --data '" + here.data() + "'"), 2, "32x32x1");
  check_refused(tandem("plan lenet --data /nowhere"), 1, "/nowhere");
}

TEST_CASE("overrides reach the net and the recipe", "[cli]") {
  const Outcome outcome =
      tandem("plan lenet --set net.input.height=32 --set conv1.outputs=12 --set pool1.type=max-pool --set batch=7");
  INFO(outcome.error);
  CHECK(outcome.code == 0);
  CHECK_THAT(outcome.out, Catch::Contains("32x28x12") && Catch::Contains("max-pool") && Catch::Contains("batch of 7"));
  check_refused(tandem("plan lenet --set conv1.outputz=12"), 2, "outputz");
  check_refused(tandem("plan lenet --set conv1.outputs=none"), 2, "outputs");
  check_refused(tandem("plan lenet --set conv9.outputs=12"), 2, "conv9");
  check_refused(tandem("plan lenet --set rate.bse=1"), 2, "bse");
  check_refused(tandem("plan lenet --set conv1.outputs"), 2, "conv1.outputs");
  check_refused(tandem("plan lenet --set =3"), 2, "=3");
}

TEST_CASE("what is wrong in a net file is named", "[cli]") {
  const std::string head = kHead, conv = kConvolution, tail = kTail;
  CHECK(plan(head + conv + tail).code == 0);
  check_refused(plan(head + conv + "kernal = 3\n" + tail), 2, "kernal");
  check_refused(plan(head + "clases = 3\n" + conv + tail), 2, "clases");
  check_refused(plan(head + conv + "stride = \"two\"\n" + tail), 2, "stride");
  check_refused(plan(head + "[[layer]]\nname = \"x\"\ntype = \"convolucion\"\n" + tail), 2, "convolucion");
  check_refused(plan(head + conv + "inputs = [\"fc\"]\n" + tail), 2, "'fc'");  // a cycle: fc comes later
  check_refused(plan(head + conv + tail + "inputs = [\"nobody\"]\n"), 2, "nobody");
  check_refused(plan(head + conv + conv + tail), 2, "'conv'");
  check_refused(plan(head + conv), 2, "conv");  // no loss at the end
  check_refused(plan("not toml"), 2, "net.toml:1");
  check_refused(plan(""), 2, "net.toml");
}

TEST_CASE("shapes that cannot be are refused with the layer's name", "[cli]") {
  const std::string net = std::string(kHead) + kConvolution + kTail;
  check_refused(plan(net, kRecipe, "--set conv.kernel=9"), 2, "conv");  // larger than the image
  check_refused(plan(net, kRecipe, "--set conv.groups=2"), 2, "conv");  // of one channel
  check_refused(plan(net, kRecipe, "--set conv.pad=[1,2,3]"), 2, "pad");
  check_refused(plan(net, kRecipe, "--set conv.pad=-1"), 2, "pad");
  check_refused(plan(net, kRecipe, "--set conv.outputs=0"), 2, "outputs");
  check_refused(plan(net, kRecipe, "--set fc.outputs=4"), 2, "loss");  // three classes
  check_refused(plan(net, kRecipe, "--set net.input.channels=0"), 2, "channels");
}

TEST_CASE("what is wrong in a recipe is named", "[cli]") {
  const std::string net = std::string(kHead) + kConvolution + kTail;
  check_refused(plan(net, std::string(kRecipe) + "momentun = 0.9\n"), 2, "momentun");
  check_refused(plan(net, "epochs = 1\nrate = { base = 0.1 }\n"), 2, "batch");
  check_refused(plan(net, kRecipe, "--set momentum=2"), 2, "momentum");
}

TEST_CASE("xray says what to install where its program is missing", "[cli]") {
  const TemporaryFolder scratch;
  std::filesystem::copy_file(TANDEM_BINARY, scratch / "tandem");
  check_refused(run_program((scratch / "tandem").string(), "xray norm1", ""), 2, "nvcc 12");
}

TEST_CASE("a device that is not there is refused", "[cli]") {
  check_refused(tandem("plan lenet --device gpu"), 2, "gpu");
  check_refused(tandem("plan lenet --device cuda:9999"), 2, "cuda:9999");
  if (cuda_device_count() == 0) check_refused(tandem("plan lenet --device cuda:0"), 2, "cuda:0");
}

TEST_CASE("a full disk is an error, not a death", "[cli]") {
  const TemporaryFolder scratch;
  const fs::path error = scratch.path() / "error";
  const int status = std::system(("'" TANDEM_BINARY "' plan lenet >/dev/full 2>'" + error.string() + "'").c_str());
  REQUIRE(WIFEXITED(status));
  CHECK(WEXITSTATUS(status) == 1);
  CHECK_THAT(read_whole(scratch / "error"), Catch::Contains("standard output"));
}

TEST_CASE("check env describes the machine", "[cli]") {
  const Outcome outcome = tandem("check env --device cpu --threads 1");
  INFO(outcome.error);
  CHECK(outcome.code == 0);
  CHECK_THAT(outcome.out, Catch::Contains("CPU, 1 thread") && Catch::Contains("GFLOP/s") && Catch::Contains("CUDA"));
}

void check_gradients_pass(const std::string& model, const std::vector<std::string>& layers) {
  const Outcome outcome = tandem("check gradients " + model);
  INFO(outcome.out << outcome.error);
  CHECK(outcome.code == 0);
  for (const std::string& layer : layers)
    CHECK_THAT(outcome.out, Catch::Contains(layer + ".weights") && Catch::Contains(layer + ".biases"));
  CHECK_THAT(outcome.out, Catch::Contains("input") && !Catch::Contains("WRONG"));
}

TEST_CASE("check gradients passes and names every tensor", "[cli]") {
  check_gradients_pass("lenet", {"conv1", "conv2", "fc3", "fc4", "fc5"});
  check_gradients_pass("cifar-11pct", {"conv1", "conv2", "local3", "local4", "fc10"});
}

TEST_CASE("check gradients passes on every model", "[cli][slow]") {
  for (const std::string name : {"alexnet-2012", "alexnet-caffe", "alexnet-fashion", "alexnet-mini", "alexnet-owt",
                                 "alexnet-paper", "cifar-18pct", "cifar-80sec", "lenet-relu"})
    check_gradients_pass(name, {"conv1", "conv2"});
}

// IDX (http://yann.lecun.com/exdb/mnist): big-endian magic, sizes, bytes.
std::string idx(unsigned char dimensions, const std::vector<int>& sizes, const std::string& bytes) {
  std::string file = {0, 0, 8, char(dimensions)};
  for (const int size : sizes)
    for (int shift = 24; shift >= 0; shift -= 8) file += char(size >> shift & 255);
  return file + bytes;
}

TEST_CASE("check data counts images and classes", "[cli]") {
  const TemporaryFolder scratch;
  // Half of the pixels are 0 and half are 200: mean 100, deviation 100.
  const std::string pixels = std::string(4, '\0') + std::string(4, char(200));
  for (const std::string split : {"train", "t10k"}) {
    scratch.write(split + "-images-idx3-ubyte", idx(3, {2, 2, 2}, pixels));
    scratch.write(split + "-labels-idx1-ubyte", idx(1, {2}, std::string{0, 1}));
  }
  const Outcome outcome = tandem("check data '" + scratch.path().string() + "'");
  INFO(outcome.error);
  CHECK(outcome.code == 0);
  CHECK_THAT(outcome.out, Catch::Contains("2 images of 2x2x1") && Catch::Contains("mean 100.00") &&
                              Catch::Contains("deviation 100.00"));
  check_refused(tandem("check data /nowhere"), 1, "/nowhere");
}

}  // namespace
}  // namespace tandem
