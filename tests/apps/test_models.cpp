// The models are what they claim to be: counts and shapes by hand or from publications, settings from the paper, its
// released code and the copies (each model's README names its source).
#include <algorithm>
#include <catch2/catch.hpp>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "engine/net/net_plan.h"
#include "engine/train/sgd.h"
#include "layers/registry.h"

namespace tandem {
namespace {

namespace fs = std::filesystem;
using Kind = Initializer::Kind;

const fs::path kModels = fs::path(TANDEM_TEST_DATA) / "../../apps/models";
const std::vector<std::string> kNames = {"alexnet-2012", "alexnet-caffe", "alexnet-fashion", "alexnet-mini",
                                         "alexnet-owt",  "alexnet-paper", "cifar-11pct",     "cifar-18pct",
                                         "cifar-80sec",  "lenet",         "lenet-relu"};

// A planned model beside the options it was planned from.
struct Model {
  NetSpec spec;
  NetPlan<float> plan;
  Recipe recipe;

  size_t number(const std::string& layer) const {
    for (size_t i = 0; i < plan.layers.size(); ++i)
      if (plan.layers[i].name == layer) return i;
    FAIL("no layer " << layer);
    return 0;
  }
  const Options& options(const std::string& layer) const { return spec.layers[number(layer)].options; }
  const ParameterSpec& weights(const std::string& layer) const { return plan.layers[number(layer)].parameters.at(0); }
  const ParameterSpec& biases(const std::string& layer) const { return plan.layers[number(layer)].parameters.at(1); }
  long groups(const std::string& layer) const { return options(layer).integer("groups", 1); }

  std::vector<std::string> order() const {
    std::vector<std::string> names;
    for (const auto& layer : plan.layers) names.push_back(layer.name);
    return names;
  }
  std::vector<std::string> of_type(const std::string& type) const {
    std::vector<std::string> names;
    for (const auto& layer : plan.layers)
      if (layer.type == type) names.push_back(layer.name);
    return names;
  }
};

Model load(const std::string& name) {
  const Options file = Options::parse_file(kModels / name / "net.toml");
  NetSpec spec = parse_net(file);
  NetPlan<float> plan = plan_net<float>(spec, layer_registry<float>());
  file.finish();
  return {std::move(spec), std::move(plan), parse_recipe(Options::parse_file(kModels / name / "recipe.toml"))};
}

// Parameters of a convolution (kernel 1 and all inputs: of a fully-connected layer), one bias an output.
long learned(long outputs, long kernel, long inputs_of_group) {
  return outputs * kernel * kernel * inputs_of_group + outputs;
}

void check_normalisation(const Model& model, const std::string& layer, long n, double alpha, double k, long groups) {
  INFO(model.plan.name << " " << layer);
  const Options& options = model.options(layer);
  CHECK(options.integer("n") == n);
  CHECK(options.real("alpha") == Approx(alpha).epsilon(1e-14));
  CHECK(options.real("beta") == 0.75);
  CHECK(options.real("k") == k);
  CHECK(model.groups(layer) == groups);
}

void check_start(const Model& model, const std::string& layer, double deviation, double bias) {
  INFO(model.plan.name << " " << layer);
  CHECK(model.weights(layer).initializer.kind == Kind::normal);
  CHECK(model.weights(layer).initializer.value == deviation);
  CHECK(model.biases(layer).initializer.kind == Kind::constant);
  CHECK(model.biases(layer).initializer.value == bias);
}

TEST_CASE("every model folder is complete, plans, and has the name of its folder", "[models]") {
  std::vector<std::string> found;
  for (const auto& entry : fs::directory_iterator(kModels)) found.push_back(entry.path().filename());
  std::sort(found.begin(), found.end());
  REQUIRE(found == kNames);
  for (const std::string& name : kNames) {
    INFO(name);
    const Model model = load(name);
    CHECK(model.plan.name == name);
    CHECK(model.plan.layers.back().type == "softmax-cross-entropy");
    CHECK(fs::file_size(kModels / name / "README.md") > 0);
  }
}

TEST_CASE("parameter counts are the published ones", "[models]") {
  CHECK(load("alexnet-paper").plan.parameter_count() == 60965224);  // "60 million" in the paper
  CHECK(load("alexnet-2012").plan.parameter_count() == 60965224);
  CHECK(load("alexnet-caffe").plan.parameter_count() == 60965224);
  CHECK(load("alexnet-owt").plan.parameter_count() == 61100840);  // torchvision.models.alexnet
  CHECK(load("lenet").plan.parameter_count() == 61706);
  CHECK(load("lenet-relu").plan.parameter_count() == 61706);
}

TEST_CASE("the other parameter counts follow from the layers' sizes", "[models]") {
  CHECK(load("alexnet-fashion").plan.parameter_count() ==
        learned(96, 11, 1) + learned(256, 5, 96) + learned(384, 3, 256) + learned(384, 3, 384) + learned(256, 3, 384) +
            learned(4096, 1, 5 * 5 * 256) + learned(4096, 1, 4096) + learned(10, 1, 4096));
  const long convolutions = learned(32, 5, 3) + learned(32, 5, 32) + learned(64, 5, 32);
  CHECK(load("cifar-80sec").plan.parameter_count() == convolutions + learned(64, 1, 4 * 4 * 64) + learned(10, 1, 64));
  CHECK(load("cifar-18pct").plan.parameter_count() == convolutions + learned(10, 1, 4 * 4 * 64));
  CHECK(load("cifar-11pct").plan.parameter_count() == learned(64, 5, 3) + learned(64, 5, 64) +
                                                          6 * 6 * learned(64, 3, 64) + 6 * 6 * learned(32, 3, 64) +
                                                          learned(10, 1, 6 * 6 * 32));
}

TEST_CASE("alexnet-paper has the paper's shapes", "[models]") {
  const Model model = load("alexnet-paper");
  CHECK(model.plan.input == ImageShape{224, 224, 3});
  const std::map<std::string, ImageShape> expected = {
      {"conv1", {55, 55, 96}},  {"relu1", {55, 55, 96}},  {"norm1", {55, 55, 96}},  {"pool1", {27, 27, 96}},
      {"conv2", {27, 27, 256}}, {"relu2", {27, 27, 256}}, {"norm2", {27, 27, 256}}, {"pool2", {13, 13, 256}},
      {"conv3", {13, 13, 384}}, {"relu3", {13, 13, 384}}, {"conv4", {13, 13, 384}}, {"relu4", {13, 13, 384}},
      {"conv5", {13, 13, 256}}, {"relu5", {13, 13, 256}}, {"pool5", {6, 6, 256}},   {"fc6", {1, 1, 4096}},
      {"relu6", {1, 1, 4096}},  {"drop6", {1, 1, 4096}},  {"fc7", {1, 1, 4096}},    {"relu7", {1, 1, 4096}},
      {"drop7", {1, 1, 4096}},  {"fc8", {1, 1, 1000}},    {"loss", {1, 1, 1}}};
  REQUIRE(model.plan.layers.size() == expected.size());
  for (const auto& layer : model.plan.layers) {
    INFO(layer.name);
    CHECK(layer.output.text() == expected.at(layer.name).text());
  }
}

TEST_CASE("alexnet-paper does 724 million multiply-adds for an image", "[models]") {
  const long by_hand = 55L * 55 * 96 * 11 * 11 * 3     // 105,415,200
                       + 27L * 27 * 256 * 5 * 5 * 48   // 223,948,800
                       + 13L * 13 * 384 * 3 * 3 * 256  // 149,520,384
                       + 13L * 13 * 384 * 3 * 3 * 192  // 112,140,288
                       + 13L * 13 * 256 * 3 * 3 * 192  //  74,760,192
                       + 9216L * 4096 + 4096L * 4096 + 4096L * 1000;
  CHECK(by_hand == 724406816);
  CHECK(load("alexnet-paper").plan.multiply_adds() == by_hand);
}

TEST_CASE("the paper's network and its code's have two columns", "[models]") {
  for (const std::string name : {"alexnet-paper", "alexnet-2012", "alexnet-mini"}) {
    INFO(name);
    const Model model = load(name);
    for (const std::string layer : {"conv2", "conv4", "conv5", "norm1", "norm2"}) CHECK(model.groups(layer) == 2);
    for (const std::string layer : {"conv1", "conv3"}) CHECK(model.groups(layer) == 1);
    CHECK(model.of_type("convolution").size() == 5);
    CHECK(model.of_type("fully-connected").size() == 3);
    for (const std::string layer : {"drop6", "drop7"}) {
      CHECK(model.options(layer).text("rule") == "paper");
      CHECK(model.options(layer).real("keep") == 0.5);
    }
    for (const std::string& pool : model.of_type("max-pool")) {  // overlapping
      CHECK(model.options(pool).integer("kernel") == 3);
      CHECK(model.options(pool).integer("stride") == 2);
    }
  }
}

TEST_CASE("alexnet-paper starts and trains as section 5 says", "[models]") {
  const Model model = load("alexnet-paper");
  for (const std::string layer : {"norm1", "norm2"}) check_normalisation(model, layer, 5, 1e-4, 2, 2);
  for (const std::string layer : {"conv2", "conv4", "conv5", "fc6", "fc7"}) check_start(model, layer, 0.01, 1);
  for (const std::string layer : {"conv1", "conv3", "fc8"}) check_start(model, layer, 0.01, 0);
  CHECK(model.options("conv1").integers("pad") == std::vector<long>{0, 0, 3, 3});
  CHECK(model.recipe.batch == 128);
  CHECK(model.recipe.epochs == 90);
  CHECK(model.recipe.momentum == 0.9);
  CHECK(model.recipe.decay == 5e-4);
  CHECK(model.recipe.rate.base == 0.01);
  CHECK(model.recipe.rate.factor == 0.1);
  CHECK(model.recipe.rate.rate(0, 90, {.drops = 3}) == Approx(model.recipe.rate.minimum));
}

TEST_CASE("alexnet-2012 is the released code's net", "[models]") {
  const Model model = load("alexnet-2012");
  CHECK(model.order() == std::vector<std::string>{"conv1", "norm1",     "pool1", "relu1", "conv2", "relu2",
                                                  "norm2", "norm2-map", "pool2", "conv3", "relu3", "conv4",
                                                  "relu4", "conv5",     "pool5", "relu5", "fc6",   "relu6",
                                                  "drop6", "fc7",       "relu7", "drop7", "fc8",   "loss"});
  for (const std::string layer : {"norm1", "norm2"}) check_normalisation(model, layer, 5, 1e-4 / 5, 2, 2);
  check_normalisation(model, "norm2-map", 5, 1e-3 / 25, 1, 1);
  CHECK(model.of_type("lrn-same-map") == std::vector<std::string>{"norm2-map"});
  for (const std::string layer : {"conv4", "conv5"}) check_start(model, layer, 0.03, 1);
  check_start(model, "conv3", 0.03, 0);
  for (const std::string layer : {"conv2", "fc6", "fc7"}) check_start(model, layer, 0.01, 1);
  for (const std::string layer : {"conv1", "fc8"}) check_start(model, layer, 0.01, 0);
  REQUIRE(model.recipe.bias_rate);
  CHECK(model.recipe.bias_rate->rate(89, 90, {.drops = 3}) == 0.02);
  CHECK(model.recipe.bias_decay_multiplier == 0);
}

TEST_CASE("alexnet-caffe is bvlc_alexnet", "[models]") {
  const Model model = load("alexnet-caffe");
  CHECK(model.plan.input == ImageShape{227, 227, 3});
  CHECK(model.plan.layers[model.number("conv1")].output == ImageShape{55, 55, 96});
  for (const std::string layer : {"norm1", "norm2"}) check_normalisation(model, layer, 5, 1e-4 / 5, 1, 1);
  for (const std::string layer : {"conv2", "conv4", "conv5"}) check_start(model, layer, 0.01, 0.1);
  for (const std::string layer : {"fc6", "fc7"}) check_start(model, layer, 0.005, 0.1);
  for (const std::string layer : {"conv1", "conv3", "fc8"}) check_start(model, layer, 0.01, 0);
  for (const std::string layer : {"drop6", "drop7"}) CHECK(model.options(layer).text("rule") == "inverted");
  CHECK(model.recipe.batch == 256);
  CHECK(model.recipe.bias_rate_multiplier == 2);
  const double epochs_of_100k = 100000 * 256 / 1281167.0;
  REQUIRE(model.recipe.rate.at.size() == 4);
  for (int i = 0; i < 4; ++i) CHECK(model.recipe.rate.at[i] == Approx((i + 1) * epochs_of_100k).margin(0.1));
}

TEST_CASE("every model is trained as its author did", "[models]") {
  // Batch, momentum, decay, the weights' and the biases' rate at some epochs, and whether biases decay. Of the
  // hand-made schedules, what the first and the last rate were.
  struct Training {
    std::string model;
    int batch, epochs;
    double momentum, decay;
    std::map<double, std::pair<double, double>> rates;
    bool biases_decay;
  };
  const std::vector<Training> trainings = {
      {"alexnet-paper", 128, 90, .9, 5e-4, {{0, {.01, .01}}}, true},
      {"alexnet-2012", 128, 90, .9, 5e-4, {{0, {.01, .02}}}, false},
      {"alexnet-caffe", 256, 90, .9, 5e-4, {{0, {.01, .02}}, {50, {1e-4, 2e-4}}, {89, {1e-6, 2e-6}}}, false},
      {"alexnet-owt", 256, 90, .9, 1e-4, {{29.9, {.01, .01}}, {30, {.001, .001}}, {89, {1e-4, 1e-4}}}, true},
      {"alexnet-fashion", 128, 10, .9, 5e-4, {{0, {.01, .01}}, {9.9, {.01, .01}}}, true},
      {"cifar-80sec", 128, 10, .9, .004, {{0, {.001, .002}}}, false},
      {"cifar-18pct", 128, 140, .9, .004, {{119, {.001, .002}}, {121, {1e-4, 2e-4}}, {131, {1e-5, 2e-5}}}, false},
      {"cifar-11pct", 128, 500, .9, .004, {{0, {.001, .002}}}, false},
      {"lenet", 256, 10, 0, 0, {{0, {.9, .9}}, {9.9, {.9, .9}}}, true}};
  for (const Training& training : trainings) {
    INFO(training.model);
    const Recipe recipe = load(training.model).recipe;
    CHECK(recipe.batch == training.batch);
    CHECK(recipe.epochs == training.epochs);
    CHECK(recipe.momentum == training.momentum);
    CHECK(recipe.decay == training.decay);
    CHECK(recipe.bias_decay_multiplier == (training.biases_decay ? 1 : 0));
    for (const auto& [epoch, rates] : training.rates) {
      CHECK(rates_at(recipe, epoch, {}).weights == Approx(rates.first));
      CHECK(rates_at(recipe, epoch, {}).biases == Approx(rates.second));
    }
  }
  for (const std::string name : {"alexnet-paper", "alexnet-2012"}) {  // three divisions by 10, by hand
    const Recipe recipe = load(name).recipe;
    CHECK(rates_at(recipe, 89, {.drops = 3}).weights == Approx(1e-5));
    CHECK(rates_at(recipe, 89, {.drops = 9}).weights == Approx(1e-5));
  }
}

TEST_CASE("one-column models have no groups and start uniformly", "[models]") {
  for (const std::string name : {"alexnet-owt", "alexnet-fashion"}) {
    const Model model = load(name);
    CHECK(model.of_type("lrn").empty());
    for (const std::string& layer : model.of_type("convolution")) {
      INFO(name << " " << layer);
      CHECK(model.groups(layer) == 1);
      CHECK(model.weights(layer).initializer.kind == Kind::uniform);
      CHECK(model.biases(layer).initializer.kind == Kind::uniform);
      CHECK(model.biases(layer).fan_in == model.weights(layer).fan_in);
    }
  }
  CHECK(load("alexnet-owt").plan.layers[0].output == ImageShape{55, 55, 64});
  CHECK(load("alexnet-fashion").plan.layers[0].output == ImageShape{54, 54, 96});
}

TEST_CASE("CIFAR-10 nets decay, learn and pool as cuda-convnet's do", "[models]") {
  const std::map<std::string, std::map<std::string, double>> decays = {
      {"cifar-80sec", {{"conv1", .004}, {"conv2", .004}, {"conv3", .004}, {"fc64", .03}, {"fc10", .03}}},
      {"cifar-18pct", {{"conv1", .004}, {"conv2", .004}, {"conv3", .004}, {"fc10", 1}}},
      {"cifar-11pct", {{"conv1", 0}, {"conv2", 0}, {"local3", .004}, {"local4", .004}, {"fc10", .01}}}};
  for (const auto& [name, layers] : decays) {
    const Model model = load(name);
    for (const auto& [layer, decay] : layers) {
      INFO(name << " " << layer);
      const double multiplier = model.weights(layer).decay_multiplier;
      CHECK(model.recipe.decay * (multiplier < 0 ? 1 : multiplier) == Approx(decay));
      CHECK(model.biases(layer).decay_multiplier < 0);  // the recipe's, which is none
    }
    CHECK(model.recipe.bias_decay_multiplier == 0);
    CHECK(model.recipe.rate.base == 0.001);
    CHECK(model.recipe.rate.base * model.recipe.bias_rate_multiplier == 0.002);
    check_start(model, "conv1", 1e-4, 0);
    check_start(model, "conv2", 0.01, 0);
  }
  const Model eighty = load("cifar-80sec"), eighteen = load("cifar-18pct"), eleven = load("cifar-11pct");
  for (const std::string layer : {"fc64", "fc10"}) check_start(eighty, layer, 0.1, 0);
  for (const Model* model : {&eighty, &eighteen}) {
    CHECK(model->plan.layers[model->number("pool1")].output == ImageShape{16, 16, 32});
    CHECK(model->plan.layers[model->number("pool2")].output == ImageShape{8, 8, 32});
    CHECK(model->plan.layers[model->number("pool3")].output == ImageShape{4, 4, 64});
  }
  for (const std::string layer : {"norm1", "norm2"}) {
    check_normalisation(eighteen, layer, 3, 5e-5 / 9, 1, 1);
    check_normalisation(eleven, layer, 9, 1e-3 / 9, 1, 1);
  }
  CHECK(eighteen.of_type("lrn-same-map").size() == 2);
  CHECK(eleven.of_type("lrn").size() == 2);
  for (const std::string layer : {"local3", "local4"}) check_start(eleven, layer, 0.04, 0);
  CHECK(eleven.order() == std::vector<std::string>{"conv1", "relu1", "pool1", "norm1", "conv2", "relu2", "norm2",
                                                   "pool2", "local3", "relu3", "local4", "relu4", "fc10", "loss"});
  CHECK(eighteen.recipe.epochs == 140);
  CHECK(eighteen.recipe.rate.rate(119.9, 140, {}) == Approx(1e-3));
  CHECK(eighteen.recipe.rate.rate(120, 140, {}) == Approx(1e-4));
  CHECK(eighteen.recipe.rate.rate(139.9, 140, {}) == Approx(1e-5));
  CHECK(eleven.recipe.augment.crop == 24);
}

TEST_CASE("lenet-relu is lenet with another activation and rate", "[models]") {
  const Model lenet = load("lenet"), relu = load("lenet-relu");
  CHECK(lenet.of_type("sigmoid") == relu.of_type("relu"));
  CHECK(lenet.of_type("sigmoid").size() == 4);
  CHECK(lenet.of_type("average-pool") == relu.of_type("average-pool"));
  CHECK(lenet.order() == relu.order());
  for (const std::string layer : {"conv1", "conv2", "fc3", "fc4", "fc5"}) {
    CHECK(lenet.weights(layer).initializer.kind == Kind::xavier);
    CHECK(lenet.weights(layer).shape == relu.weights(layer).shape);
  }
  CHECK(lenet.recipe.rate.base == 0.9);
  CHECK(lenet.recipe.batch == 256);
  CHECK(lenet.recipe.epochs == 10);
}

}  // namespace
}  // namespace tandem
