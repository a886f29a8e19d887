// Tests engine/train/evaluate and prediction's predict(): a net whose answers can be worked by hand, and its ten views.
#include "engine/train/evaluate.h"

#include <catch2/catch.hpp>
#include <cmath>

#include "engine/core/error.h"
#include "engine/data/memory_dataset.h"
#include "tests/engine/net_text.h"

using namespace tandem;

namespace {

const std::string kTwoClasses = R"(name = "corner"
input = { height = 2, width = 2, channels = 1 }
classes = 2
[[layer]]
name = "fc"
type = "fully-connected"
outputs = 2
[[layer]]
name = "loss"
type = "softmax-cross-entropy"
)";

constexpr ImageFormat kFormat{3, 3, 1};

// Sees 2 x 2 windows of images of 3 x 3. With the top left pixel x of what it sees, the odds of class 0 are 2^(slope
// x).
struct CornerNet {
  CornerNet(Device& device, int batch, double slope = 1)
      : transform(kFormat, {}, {.crop = 2}, Normaliser(Subtract::none, kFormat, {}), {}),
        net(plan_text<float>(kTwoClasses), device, {.batch = batch, .training = false}),
        augmenter(transform, device, batch) {
    std::vector<float> weights(8, 0);
    weights[0] = float(slope * std::log(2));
    device.upload(net.parameters()[0].value, weights.data(), weights.size() * sizeof(float));
  }
  Member member(int views) { return {net, augmenter, view_windows(transform, views)}; }

  Transform transform;
  Net<float> net;
  Augmenter augmenter;
};

double probability(double x) { return std::exp2(x) / (std::exp2(x) + 1); }

const std::vector<uint8_t> kImage = {1, 0, 2,  //
                                     0, 3, 1,  //
                                     2, 1, 0};

}  // namespace

TEST_CASE("ten views are four corners and the centre, and their mirror images") {
  const auto device = open_cpu({.threads = 1});
  CornerNet corner(*device, 1);
  const MemoryDataset data("hand", kFormat, {"a", "b"}, kImage, {0});
  BatchReader reader(data, corner.transform, 1, 0, 0, ReadMode::test);
  const Batch& batch = reader.next();

  const Prediction centre = predict(corner.net, corner.augmenter, view_windows(corner.transform, 1), batch);
  CHECK(centre.of(0)[0] == Approx(probability(1)).epsilon(1e-6));

  // The top left pixels of the windows at (0, 0), (0, 1), (1, 0), (1, 1), and of the centre, which is at (0, 0), since
  // half a pixel is rounded down; then their top right ones.
  double sum = 0;
  for (const double x : {1, 0, 0, 3, 1, 0, 2, 3, 1, 0}) sum += probability(x);
  const Prediction ten = predict(corner.net, corner.augmenter, view_windows(corner.transform, 10), batch);
  CHECK(ten.of(0)[0] == Approx(sum / 10).epsilon(1e-6));
  CHECK(ten.of(0)[1] == Approx(1 - sum / 10).epsilon(1e-6));
  CHECK(ten.losses[0] == Approx(-std::log(sum / 10)).epsilon(1e-6));
  CHECK_THROWS_AS(view_windows(corner.transform, 5), UsageError);
}

TEST_CASE("an evaluation counts each net and their mean") {
  const auto device = open_cpu({.threads = 1});
  // What the nets see of image i is its top left pixel alone: 0, 1, 2, 3, 4.
  std::vector<uint8_t> pixels;
  for (uint8_t i = 0; i < 5; ++i) pixels.insert(pixels.end(), {i, 0, 0, 0, 0, 0, 0, 0, 0});
  const MemoryDataset data("hand", kFormat, {"a", "b"}, pixels, {0, 0, 1, 0, 0});
  // One says class 0 of all (of the first because ties go to it), the other class 1 of all but the first.
  CornerNet yes(*device, 2, 1), no(*device, 2, -3);
  BatchReader reader(data, yes.transform, 2, 0, 0, ReadMode::test);
  int images = 0;
  const EnsembleEvaluation result =
      evaluate({yes.member(1), no.member(1)}, reader, [&](const Batch& batch, const Prediction& mean) {
        for (int i = 0; i < batch.count; ++i, ++images)
          CHECK(mean.of(i)[0] == Approx((probability(images) + probability(-3 * images)) / 2).epsilon(1e-5));
      });
  CHECK(images == 5);
  REQUIRE(result.members.size() == 2);
  CHECK(result.members[0].images == 5);
  CHECK(result.members[0].error == 20);
  CHECK(result.members[1].error == 60);
  // Together they say class 1 of all but the first: 2^x / (2^x + 1) + 1 / (8^x + 1) < 1 for x > 0.
  CHECK(result.mean.error == 60);
  double loss = 0;
  const std::vector<int> labels = {0, 0, 1, 0, 0};
  for (int i = 0; i < 5; ++i) {
    const double first = (probability(i) + probability(-3 * i)) / 2;
    loss -= std::log(labels[i] == 0 ? first : 1 - first) / 5;
  }
  CHECK(result.mean.loss == Approx(loss).epsilon(1e-5));
  CHECK(result.mean.top5_error == 0);
}

TEST_CASE("an evaluation that is stopped says how far it came") {
  const auto device = open_cpu({.threads = 1});
  const MemoryDataset data("hand", kFormat, {"a", "b"}, std::vector<uint8_t>(5 * 9, 1), {0, 0, 0, 0, 0});
  CornerNet corner(*device, 2);
  BatchReader reader(data, corner.transform, 2, 0, 0, ReadMode::test);
  int asked = 0;
  CHECK(evaluate({corner.member(1)}, reader, {}, [&] { return ++asked > 2; }).mean.images == 4);
}
