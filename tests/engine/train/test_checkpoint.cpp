// Tests engine/train/checkpoint: what is saved comes back bit for bit, and nothing else is taken for it.
#include "engine/train/checkpoint.h"

#include <catch2/catch.hpp>

#include "engine/core/error.h"
#include "engine/files/safetensors.h"
#include "tests/engine/file_size_limit.h"
#include "tests/engine/train/toy.h"
#include "tests/temporary_folder.h"

using namespace tandem;
using Catch::Matchers::Contains;

namespace {

CheckpointHeader header_of(const ToyRun& run) {
  return {.net_toml = kToyNet,
          .recipe_toml = kToyRecipe,
          .state = {.step = 12, .tested_step = 10, .best_step = 5, .plateau = {1.0 / 3, 2, 4}},
          .class_names = run.train.class_names(),
          .image = run.train.format(),
          .colours =
              ColourPca{{1.0 / 3, 2, 3}, {1, 2, 3, 4, 5, 6, 7, 8, 9}, {9, 0.1, -1e-17}, {0, 1, 0, 1, 0, 0, 0, 0, -1}}};
}

void train_a_little(ToyRun& run) {
  TrainObserver nobody;
  int steps = 0;
  run.trainer.run(nobody, [&] { return ++steps > 3; });
}

// A checkpoint of a net that has been trained for two steps, so that its momentum is not zero.
struct Saved {
  Saved() {
    train_a_little(run);
    save_checkpoint(path, run.net, header_of(run), run.normaliser);
  }
  TemporaryFolder folder;
  std::filesystem::path path = folder / "checkpoint-12.safetensors";
  ToyRun run;
};

void load_everything(const std::filesystem::path& path) {
  read_checkpoint_header(path);
  read_normaliser(path, Subtract::mean_image);
  ToyRun other;
  load_parameters(path, other.net);
}

// The text of kToyNet with one piece replaced.
std::string net_with(const std::string& from, const std::string& to) {
  std::string net = kToyNet;
  REQUIRE(net.find(from) != std::string::npos);
  return net.replace(net.find(from), from.size(), to);
}

}  // namespace

TEST_CASE("a checkpoint brings back every bit") {
  Saved saved;
  const CheckpointHeader before = header_of(saved.run), after = read_checkpoint_header(saved.path);
  CHECK(after.net_toml == before.net_toml);
  CHECK(after.recipe_toml == before.recipe_toml);
  CHECK(after.state.step == 12);
  CHECK(after.state.tested_step == 10);
  CHECK(after.state.best_step == 5);
  CHECK(after.state.plateau == before.state.plateau);
  CHECK(after.class_names == before.class_names);
  CHECK(after.image == before.image);
  REQUIRE(after.colours.has_value());
  CHECK(after.colours->mean == before.colours->mean);
  CHECK(after.colours->covariance == before.colours->covariance);
  CHECK(after.colours->eigenvalues == before.colours->eigenvalues);
  CHECK(after.colours->eigenvectors == before.colours->eigenvectors);
  const Normaliser normaliser = read_normaliser(saved.path, Subtract::mean_image);
  CHECK(normaliser.values() == saved.run.normaliser.values());
  CHECK(normaliser.format() == saved.run.normaliser.format());
  ToyRun other;
  CHECK(other.parameters() != saved.run.parameters());
  load_parameters(saved.path, other.net);
  CHECK(other.parameters() == saved.run.parameters());
}

TEST_CASE("a checkpoint is a safetensors file with the promised names") {
  Saved saved;
  const SafetensorsFile file(saved.path);
  CHECK(file.tensors().size() == 2 * 8 + 1);
  for (const std::string layer : {"conv1", "conv2", "fc3", "fc4"})
    for (const std::string name : {"weights", "biases"}) {
      CHECK(file.has(layer + "." + name));
      CHECK(file.has("momentum/" + layer + "." + name));
    }
  CHECK(file.info("conv2.weights").shape == std::vector<long>{12, 3, 3, 4});  // [out][kh][kw][in / groups]
  CHECK(file.info("normaliser").shape == std::vector<long>{14 * 14 * 2});
}

TEST_CASE("a net for inference takes the parameters alone") {
  Saved saved;
  const auto device = open_cpu({});
  Net<float> net(plan_text<float>(kToyNet), *device, {.batch = 3, .training = false});
  load_parameters(saved.path, net);
  for (size_t p = 0; p < net.parameters().size(); ++p) {
    const Parameter<float>&mine = net.parameters()[p], &theirs = saved.run.net.parameters()[p];
    CHECK(on_host(net, mine.value, mine.elements()) == on_host(saved.run.net, theirs.value, theirs.elements()));
  }
}

TEST_CASE("a checkpoint of another net is refused") {
  Saved saved;
  const auto refused = [&](const std::string& net_toml, const std::string& reason) {
    const auto device = open_cpu({});
    Net<float> net(plan_text<float>(net_toml), *device, {.batch = 2});
    CHECK_THROWS_WITH(load_parameters(saved.path, net), Contains(reason) && Contains("another net"));
  };
  refused(net_with("outputs = 12", "outputs = 16"), "'conv2.weights' is 12x3x3x4, but the net's is 16x3x3x4");
  refused(net_with("\"conv1\"", "\"first\""), "has no tensor 'first.weights'");
  const std::string fewer =
      "[[layer]]\nname = \"fc3\"\ntype = \"fully-connected\"\noutputs = 16\ninit = { weights = \"he\" }\n";
  refused(net_with(fewer, ""), "holds 17 tensors where the net has 13");
  const std::string loss = "[[layer]]\nname = \"loss\"";
  refused(net_with(loss, "[[layer]]\nname = \"fc5\"\ntype = \"fully-connected\"\noutputs = 3\n" + loss),
          "has no tensor 'fc5.weights'");
}

TEST_CASE("a truncated checkpoint is refused wherever it ends") {
  Saved saved;
  const std::string whole = read_whole(saved.path);
  for (const size_t length :
       {size_t(0), size_t(7), size_t(8), size_t(100), whole.size() / 2, whole.size() - 4, whole.size() - 1}) {
    INFO(length << " of " << whole.size());
    write_plainly(saved.path, whole.substr(0, length));
    CHECK_THROWS_AS(load_everything(saved.path), Error);
    CHECK_THROWS_WITH(load_everything(saved.path), Contains(saved.path.string()));
  }
  write_plainly(saved.path, whole);
  CHECK_NOTHROW(load_everything(saved.path));
}

TEST_CASE("what is no checkpoint is refused with the reason") {
  const TemporaryFolder folder;
  const std::filesystem::path path = folder / "x.safetensors";
  CHECK_THROWS_WITH(read_checkpoint_header(path), Contains("No such file"));
  write_plainly(path, "not a safetensors file at all");
  CHECK_THROWS_AS(read_checkpoint_header(path), Error);
  write_safetensors(path, {});
  CHECK_THROWS_WITH(read_checkpoint_header(path), Contains("not a checkpoint of Tandem"));
  const auto with = [&](const std::string& header) { write_safetensors(path, {}, {{"tandem", header}}); };
  with("{ nonsense");
  CHECK_THROWS_WITH(read_checkpoint_header(path), Contains("header is damaged"));
  with("[1, 2]");
  CHECK_THROWS_WITH(read_checkpoint_header(path), Contains("header is damaged"));
  with("{\"version\": 1}");
  CHECK_THROWS_WITH(read_checkpoint_header(path), Contains("version 1"));
  with("{\"version\": 2, \"net\": 5}");
  CHECK_THROWS_WITH(read_checkpoint_header(path), Contains("is damaged: the checksum of 'tandem'"));
  with(std::string(1000, '['));
  CHECK_THROWS_WITH(read_checkpoint_header(path), Contains("nested too deeply"));
  const std::string impossible = R"({"version": 2, "net": 5})";
  write_safetensors(path, {}, {{"tandem", impossible}, {"tandem-crc32", "1af4455c"}});
  CHECK_THROWS_WITH(read_checkpoint_header(path), Contains("header is damaged"));
}

TEST_CASE("a flipped bit is found wherever it is") {
  Saved saved;
  const std::string whole = read_whole(saved.path);
  const size_t header = size_t(uint8_t(whole[0])) + (size_t(uint8_t(whole[1])) << 8);
  const Random random(1, Purpose::shuffle);
  for (uint64_t i = 0; i < 600; ++i) {
    const size_t at = random.below(2 * i, i % 2 == 0 ? 8 + header : whole.size());
    std::string damaged = whole;
    damaged[at] = char(damaged[at] ^ 1 << random.below(2 * i + 1, 8));
    write_plainly(saved.path, damaged);
    INFO("byte " << at << " of " << whole.size() << ", header of " << header);
    CHECK_THROWS_AS(
        [&] {
          read_checkpoint_header(saved.path);
          read_normaliser(saved.path, Subtract::mean_image);
          load_parameters(saved.path, saved.run.net);
        }(),
        Error);
  }
}

TEST_CASE("damaged numbers are refused by the tensor's name, and only those that are asked for are looked at") {
  Saved saved;
  std::string bytes = read_whole(saved.path);
  const size_t header = size_t(uint8_t(bytes[0])) + (size_t(uint8_t(bytes[1])) << 8);
  const SafetensorsFile file(saved.path);
  bytes[8 + header + file.info("momentum/fc3.weights").begin + 5] ^= 1;
  write_plainly(saved.path, bytes);
  CHECK_NOTHROW(read_normaliser(saved.path, Subtract::mean_image));
  CHECK_THROWS_WITH(load_parameters(saved.path, saved.run.net),
                    Contains("is damaged: the checksum of 'momentum/fc3.weights'") && Contains("checkpoint before"));
  const auto device = open_cpu({});
  Net<float> inference(plan_text<float>(kToyNet), *device, {.batch = 1, .training = false});
  CHECK_NOTHROW(load_parameters(saved.path, inference));
}

TEST_CASE("fine-tuning takes the layers that fit") {
  Saved saved;
  const auto of = [](const AnyNet<float>& net, size_t p, float* Parameter<float>::*which) {
    const Parameter<float>& parameter = net.parameters()[p];
    return on_host(net, parameter.*which, parameter.elements());
  };
  // fc3 has another size, so fc4 has another shape; conv2 another name.
  const std::string wider = net_with("outputs = 16", "outputs = 20");
  ToyRun other({}, kToyRecipe, std::string(wider).replace(wider.find("\"conv2\""), 7, "\"second\""));
  ToyRun untouched({}, kToyRecipe, wider);
  const FittingLayers layers = load_fitting_layers(saved.path, other.net);
  CHECK(layers.taken == std::vector<std::string>{"conv1"});
  REQUIRE(layers.anew.size() == 3);
  CHECK(layers.anew[0].layer == "second");
  CHECK(layers.anew[0].reason == "no second.weights there");
  CHECK(layers.anew[1].layer == "fc3");
  CHECK(layers.anew[1].reason == "fc3.weights is 16x48 there, 20x48 here");
  CHECK(layers.anew[2].layer == "fc4");
  for (const size_t p : {size_t(0), size_t(1)})  // conv1's
    CHECK(of(other.net, p, &Parameter<float>::value) == of(saved.run.net, p, &Parameter<float>::value));
  for (size_t p = 2; p < 8; ++p)
    CHECK(of(other.net, p, &Parameter<float>::value) == of(untouched.net, p, &Parameter<float>::value));
  for (size_t p = 0; p < 8; ++p)
    CHECK(of(other.net, p, &Parameter<float>::momentum) == of(untouched.net, p, &Parameter<float>::momentum));
}

TEST_CASE("on a full disk the old checkpoint stays") {
  Saved saved;
  const std::string before = read_whole(saved.path);
  train_a_little(saved.run);
  {
    const FileSizeLimit limit(1000);
    CHECK_THROWS_WITH(save_checkpoint(saved.path, saved.run.net, header_of(saved.run), saved.run.normaliser),
                      Contains("File too large"));
  }
  CHECK((read_whole(saved.path) == before));  // bytes are not for printing
  CHECK(saved.folder.entries() == 1);
}

TEST_CASE("the recipe's hash is FNV-1a of all but its length and the usual precision") {
  CHECK(recipe_hash("") == "cbf29ce484222325");                    // the offset basis
  CHECK(recipe_hash("chongo was here!\n") == "46810940eff5f915");  // of the FNV authors' test suite
  CHECK(recipe_hash("epochs = 3\nchongo was here!\nsteps = 10\n") == "46810940eff5f915");
  CHECK(recipe_hash("chongo was here!\nprecision = 'float32'\n") == "46810940eff5f915");
  CHECK(recipe_hash("chongo was here!\nprecision = 'bf16'\n") != "46810940eff5f915");
  CHECK(recipe_hash("momentum = 0.9\nepochs = 1\n") != recipe_hash("momentum = 0.8\nepochs = 1\n"));
}
