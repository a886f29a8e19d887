// `tandem xray`, as a user meets it.
#include <catch2/catch.hpp>
#include <map>
#include <nlohmann/json.hpp>
#include <sstream>
#include <vector>

#include "tests/apps/process.h"

namespace tandem {
namespace {

using Json = nlohmann::json;

// The kernels of a layer's passes, by "pass kernel".
std::map<std::string, Json> sights(const std::string& arguments) {
  const Outcome outcome = tandem("xray " + arguments + " --json");
  INFO(outcome.error);
  REQUIRE(outcome.code == 0);
  std::map<std::string, Json> found;
  std::istringstream lines(outcome.out);
  for (std::string line; std::getline(lines, line);) {
    const Json json = Json::parse(line);
    if (json.contains("pass")) found[json["pass"].get<std::string>() + " " + json["kernel"].get<std::string>()] = json;
  }
  return found;
}

TEST_CASE("xray counts what a kernel must do, and no more where blocks do not overlap", "[xray]") {
  // lenet-relu's first ReLU: 28 x 28 x 6 activations, here of 4 images. A float read and one written, whole sectors.
  const auto relu = sights("act1 --model lenet-relu --batch 4");
  const size_t n = 4 * 28 * 28 * 6;
  const Json& forward = relu.at("forward relu_forward");
  CHECK(forward["fewest_bytes"] == 2 * 4 * n);
  CHECK(forward["moved_bytes"] == 2 * 4 * n);
  CHECK(forward["sectors"] == 2 * 4 * n / 32);
  CHECK(forward["ideal_sectors"] == 2 * 4 * n / 32);
  CHECK(forward["scale"] == 1);
  const Json& backward = relu.at("backward relu_backward");
  CHECK(backward["fewest_bytes"] == 3 * 4 * n);
  CHECK(backward["moved_bytes"] == 3 * 4 * n);
}

TEST_CASE("xray multiplies a trial up to the batch that was asked for", "[xray]") {
  const auto small = sights("act1 --model lenet-relu --batch 100"),
             large = sights("act1 --model lenet-relu --batch 10000");
  const auto bytes = [](const Json& sight) {
    return sight["scale"].get<double>() * sight["moved_bytes"].get<double>();
  };
  CHECK(small.at("forward relu_forward")["scale"] == 1);
  CHECK(large.at("forward relu_forward")["scale"] > 1);
  CHECK(bytes(large.at("forward relu_forward")) == Approx(100 * bytes(small.at("forward relu_forward"))).epsilon(1e-4));
}

TEST_CASE("xray shows the vendor's GEMM by its work alone, and no data gradient nobody wants", "[xray]") {
  const auto first = sights("conv1 --model lenet-relu --batch 2");
  CHECK(first.at("forward gemm")["multiply_adds"] == 2 * 28 * 28 * 25 * 6);
  CHECK(!first.at("forward gemm").contains("moved_bytes"));
  CHECK(!first.contains("backward col2im"));
  const auto second = sights("conv2 --model lenet-relu --batch 2");
  CHECK(second.contains("backward col2im"));
  CHECK(!second.contains("update sgd"));  // of all layers at once
}

TEST_CASE("xray shows the update of all parameters as one launch", "[xray]") {
  const Json update = sights("sgd --model lenet-relu --batch 1").at("update sgd");
  constexpr size_t kParameters = 61706;  // of LeCun's net with 5 x 5 filters over all maps
  CHECK(update["launches"] == 1);
  CHECK(update["fewest_bytes"] == 5 * 4 * kParameters + 4 * ((kParameters + 1023) / 1024));
  CHECK(update["scale"] == 1);
}

// LeCun's net again. Multiply-adds and columns of an image are those of its layers: two convolutions whose columns are
// written forward and for the weights, the second's once more for the data gradient, and three fully-connected ones.
TEST_CASE("xray --step sets a prediction beside the least that a step could take", "[xray]") {
  const auto lines = [](const std::string& arguments) {
    const Outcome outcome = tandem("xray lenet-relu --step --json " + arguments);
    INFO(outcome.error);
    REQUIRE(outcome.code == 0);
    std::vector<Json> all;
    std::istringstream text(outcome.out);
    for (std::string line; std::getline(text, line);) all.push_back(Json::parse(line));
    return all;
  };
  const std::vector<Json> step = lines("--batch 8");
  constexpr double kConv1 = 28 * 28 * 25, kConv2 = 10 * 10 * 150;  // elements of their columns
  constexpr double kFirst = kConv1 * 6, kOthers = kConv2 * 16 + 400 * 120 + 120 * 84 + 84 * 10;
  CHECK(step.at(0)["multiply_adds"] == 8 * (2 * kFirst + 3 * kOthers));
  CHECK(step.at(0)["column_bytes"] == 8 * 4 * 2 * (2 * kConv1 + 3 * kConv2));
  CHECK(step.at(0)["weight_bytes"] == 8 * 4 * 61706);
  REQUIRE(step.size() == 5);  // two GPUs, two kinds of arithmetic
  for (size_t row = 1; row < step.size(); ++row) {
    const double floor = step[row]["floor_seconds"], foretold = step[row]["predicted_unmeasured_seconds"];
    CHECK(foretold > floor);
    CHECK(floor > step[row]["floor_without_columns_seconds"].get<double>());
    CHECK(floor > step[0]["launches"].get<double>() * 3e-6);
  }
  const std::vector<Json> implicit = lines("--batch 8 --set conv1.algorithm=implicit --set conv2.algorithm=implicit");
  CHECK(implicit.at(0)["multiply_adds"] == step.at(0)["multiply_adds"]);
  CHECK(implicit.at(0)["column_bytes"] == 0);

  const Outcome table = tandem("xray lenet-relu --step --batch 8");
  CHECK_THAT(table.out, Catch::Contains("predicted, unmeasured") && Catch::Contains("floor without columns"));
  check_refused(tandem("xray conv1 --model lenet-relu --step"), 2, "tandem xray lenet-relu --step");
}

TEST_CASE("xray prints tables of one kernel wherever it is called, and refuses what it does not know", "[xray]") {
  const Outcome table = tandem("xray average_pool_forward --model lenet-relu --batch 2 --lines");
  INFO(table.error);
  CHECK(table.code == 0);
  CHECK_THAT(table.out, Catch::Contains("pool1") && Catch::Contains("pool2") && !Catch::Contains("relu_forward"));
  CHECK_THAT(table.out, Catch::Contains("predicted, unmeasured") && Catch::Contains("average_pool_forward_kernel<"));
  CHECK(tandem("xray --help").code == 0);

  check_refused(tandem("xray conv9 --model lenet-relu"), 2, "did you mean conv");
  check_refused(tandem("xray lrn_forward --model lenet-relu"), 2, "--model");
  check_refused(tandem("xray conv1 --model lenett"), 2, "lenet");
  check_refused(tandem("xray conv1 --model lenet-relu --set precision=bf16"), 2, "--set precision=float32");
  check_refused(tandem("xray"), 2, "what");
  check_refused(tandem("xray conv1 --batch 0"), 2, "--batch");
}

}  // namespace
}  // namespace tandem
