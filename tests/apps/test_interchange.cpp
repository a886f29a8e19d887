// tandem export and tandem import as a user meets them, and PyTorch with what they write.
#include <catch2/catch.hpp>
#include <regex>

#include "engine/files/safetensors.h"
#include "engine/net/torch_file.h"
#include "engine/train/checkpoint.h"
#include "tests/apps/playground.h"
#include "tests/engine/net_text.h"

namespace tandem {
namespace {

using Catch::Contains;

std::string in_quotes(const fs::path& path) { return " '" + path.string() + "'"; }

Outcome export_run(const fs::path& run, const fs::path& out) {
  return tandem("export" + in_quotes(run) + " --to torch --device cpu --out" + in_quotes(out));
}

Outcome import_file(const Playground& here, const fs::path& file, const std::string& name,
                    const std::string& model = "lenet --set batch=10") {
  return tandem("import" + in_quotes(file) + " " + model + " --from torch --device cpu --data" +
                in_quotes(here.data()) + " --out" + in_quotes(here.run(name)));
}

std::string net_toml(const std::string& model) {
  return read_whole(fs::path(TANDEM_TEST_DATA) / "../../apps/models" / model / "net.toml");
}

TEST_CASE("alexnet-owt has torchvision's names and shapes", "[interchange]") {
  std::string list;
  for (const TorchTensor& tensor : torch_tensors(plan_text<float>(net_toml("alexnet-owt"))))
    list += tensor.name + " " + shape_text(tensor.shape) + "\n";
  // torchvision 0.14: alexnet().state_dict()
  CHECK(list == R"(features.0.weight 64x3x11x11
features.0.bias 64
features.3.weight 192x64x5x5
features.3.bias 192
features.6.weight 384x192x3x3
features.6.bias 384
features.8.weight 256x384x3x3
features.8.bias 256
features.10.weight 256x256x3x3
features.10.bias 256
classifier.1.weight 4096x9216
classifier.1.bias 4096
classifier.4.weight 4096x4096
classifier.4.bias 4096
classifier.6.weight 1000x4096
classifier.6.bias 1000
)");
}

TEST_CASE("what is exported and imported again is the same network", "[interchange]") {
  const Playground here;
  check_succeeded(here.train("--epochs 1"));
  const fs::path file = here / "first.safetensors", again = here / "again.safetensors";
  const Outcome outcome = export_run(here.run(), file);
  check_succeeded(outcome);
  CHECK_THAT(outcome.out, Contains("lenet after 4 steps, 61,706 numbers") && Contains("features.3.weight") &&
                              Contains("16x6x5x5") && !Contains("beside their tensors"));

  check_succeeded(import_file(here, file, "imported"));
  check_succeeded(export_run(here.run("imported"), again));
  CHECK((read_whole(file) == read_whole(again)));

  const auto evaluated = [&](const std::string& name) {
    const Outcome eval = tandem("eval" + in_quotes(here.run(name)) + " --device cpu --data" + in_quotes(here.data()));
    check_succeeded(eval);
    return eval.out.substr(eval.out.find("steps"));  // the import has done none
  };
  CHECK(evaluated("imported") == evaluated("run"));
  check_succeeded(here.train("--epochs 1 --resume", "imported"));
}

TEST_CASE("what is not this network's file is refused", "[interchange]") {
  const Playground here;
  check_succeeded(here.train("--steps 1"));
  const fs::path file = here / "lenet.safetensors";
  check_succeeded(export_run(here.run(), file));
  check_refused(import_file(here, here.checkpoint(1), "imported"), 1, "has no tensor 'features.0.weight'");
  check_refused(import_file(here, file, "imported", "lenet --set conv1.outputs=8"), 1,
                "'features.0.weight' is 6x1x5x5, but the net's is 8x1x5x5");
  check_refused(import_file(here, here / "nowhere", "imported"), 1, "nowhere");
  check_refused(import_file(here, file, "imported", "alexnet-owt"), 2, "28x28x1");
  write_plainly(file, read_whole(file).substr(0, 100'000));
  check_refused(import_file(here, file, "imported"), 1, file.string());
  CHECK_FALSE(fs::exists(here.run("imported")));
  check_refused(import_file(here, file, "run"), 1, file.string());
  check_succeeded(export_run(here.run(), file));
  check_refused(import_file(here, file, "run"), 2, "holds a finished run");
  check_refused(export_run(file, here / "x"), 1, "not a checkpoint of Tandem");
  check_refused(export_run(here.run(), here / "no/folder"), 1, "no/folder");
}

// A checkpoint of a model with weights that let the image through (as the models initialise them, nothing but the
// biases would reach the logits), some images, and the logits of these.
void write_reference(const std::string& model, const fs::path& checkpoint, const fs::path& reference) {
  constexpr int kImages = 3;
  const std::string toml = std::regex_replace(net_toml(model), std::regex("\ninit = .*"),
                                              "\ninit = { weights = \"he\", bias = { normal = 0.1 } }");
  const auto device = Device::open("cpu", {});
  Net<float> net(plan_text<float>(toml), *device, {.batch = kImages, .share = false});
  net.initialize(5);
  set_random_input(net, kImages);
  net.forward(/*training=*/false, 0, 0);

  const ImageShape& shape = net.plan().input;
  const std::vector<float> images = on_host(net, net.input(), size_t(kImages) * shape.elements());
  const std::vector<float> logits = net.activation(int(net.plan().layers.size()) - 2);
  write_safetensors(
      reference,
      {{"images", "F32", {kImages, shape.height, shape.width, shape.channels}, std::as_bytes(std::span(images))},
       {"logits", "F32", {kImages, net.plan().classes}, std::as_bytes(std::span(logits))}});
  const ImageFormat format{shape.height, shape.width, shape.channels};
  save_checkpoint(checkpoint, net,
                  {.net_toml = toml, .recipe_toml = "", .state = {}, .class_names = {}, .image = format},
                  Normaliser(Subtract::none, format, {}));
}

TEST_CASE("PyTorch computes the same logits from an export", "[interchange][slow]") {
  const fs::path script = fs::path(TANDEM_TEST_DATA) / "../apps/torch_logits.py";
  for (const std::string model : {"alexnet-owt", "alexnet-paper"}) {
    const TemporaryFolder folder;
    write_reference(model, folder / "checkpoint.safetensors", folder / "reference.safetensors");
    check_succeeded(export_run(folder / "checkpoint.safetensors", folder / "exported.safetensors"));
    const Outcome outcome = run_program("/usr/bin/python3",
                                        in_quotes(script) + " " + model + in_quotes(folder / "exported.safetensors") +
                                            in_quotes(folder / "reference.safetensors"),
                                        "");
    INFO(outcome.out << outcome.error);
    if (outcome.code == 77) {
      WARN(outcome.out);
      return;
    }
    CHECK(outcome.code == 0);
  }
}

}  // namespace
}  // namespace tandem
