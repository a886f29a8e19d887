// Tests engine/net/torch_file: PyTorch's names, its order of axes, and nothing but the net's own tensors.
#include "engine/net/torch_file.h"

#include <catch2/catch.hpp>
#include <limits>

#include "engine/files/safetensors.h"
#include "tests/engine/train/toy.h"
#include "tests/temporary_folder.h"

using namespace tandem;
using Catch::Matchers::Contains;

namespace {

struct ToyNet {
  explicit ToyNet(const std::string& toml = kToyNet) : net(plan_text<float>(toml), *device, {.batch = 1}) {}

  const Parameter<float>& parameter(const std::string& name) const {
    for (const Parameter<float>& parameter : net.parameters())
      if (parameter.name == name) return parameter;
    throw std::out_of_range(name);
  }
  void set(const std::string& name, const std::vector<float>& values) {
    REQUIRE(values.size() == parameter(name).elements());
    net.device().upload(parameter(name).value, values.data(), values.size() * sizeof(float));
  }
  std::vector<std::vector<float>> values() const {
    std::vector<std::vector<float>> all;
    for (const Parameter<float>& p : net.parameters()) all.push_back(on_host(net, p.value, p.elements()));
    return all;
  }

  std::unique_ptr<Device> device = open_cpu({});
  Net<float> net;
};

// The tensors of a file, to be changed and written again.
std::vector<TensorToWrite> tensors_of(const SafetensorsFile& file) {
  std::vector<TensorToWrite> tensors;
  for (const auto& [name, info] : file.tensors()) tensors.push_back({name, info.dtype, info.shape, file.bytes(name)});
  return tensors;
}

}  // namespace

TEST_CASE("layers are numbered in two sequences, as in torchvision's AlexNet", "[torch]") {
  std::vector<std::string> names;
  for (const TorchTensor& tensor : torch_tensors(plan_text<float>(kToyNet)))
    names.push_back(tensor.name + " " + shape_text(tensor.shape));
  CHECK(names == std::vector<std::string>{"features.0.weight 8x2x5x5", "features.0.bias 8",
                                          "features.4.weight 12x4x3x3", "features.4.bias 12",
                                          "classifier.0.weight 16x48", "classifier.0.bias 16",
                                          "classifier.3.weight 3x16", "classifier.3.bias 3"});
}

TEST_CASE("channels come before pixels", "[torch]") {
  ToyNet toy;
  std::vector<float> filters, matrix;  // each value tells its place
  for (int o = 0; o < 12; ++o)
    for (int y = 0; y < 3; ++y)
      for (int x = 0; x < 3; ++x)
        for (int c = 0; c < 4; ++c) filters.push_back(float(o * 1000 + c * 100 + y * 10 + x));
  for (int o = 0; o < 16; ++o)
    for (int y = 0; y < 2; ++y)  // fc3 reads 2 x 2 pixels of 12 channels
      for (int x = 0; x < 2; ++x)
        for (int c = 0; c < 12; ++c) matrix.push_back(float(o * 10000 + c * 100 + y * 10 + x));
  toy.set("conv2.weights", filters);
  toy.set("fc3.weights", matrix);

  const TemporaryFolder folder;
  write_torch_file(folder / "x.safetensors", toy.net);
  const SafetensorsFile file(folder / "x.safetensors");
  size_t i = 0;
  const auto written_filters = file.f32("features.4.weight");
  for (int o = 0; o < 12; ++o)
    for (int c = 0; c < 4; ++c)
      for (int y = 0; y < 3; ++y)
        for (int x = 0; x < 3; ++x) CHECK(written_filters[i++] == float(o * 1000 + c * 100 + y * 10 + x));
  i = 0;
  const auto written_matrix = file.f32("classifier.0.weight");
  for (int o = 0; o < 16; ++o)
    for (int c = 0; c < 12; ++c)
      for (int y = 0; y < 2; ++y)
        for (int x = 0; x < 2; ++x) CHECK(written_matrix[i++] == float(o * 10000 + c * 100 + y * 10 + x));
}

TEST_CASE("every bit comes back", "[torch]") {
  ToyNet toy, other;
  toy.net.initialize(7);
  const TemporaryFolder folder;
  write_torch_file(folder / "x.safetensors", toy.net);
  CHECK(other.values() != toy.values());
  read_torch_file(folder / "x.safetensors", other.net);
  CHECK(other.values() == toy.values());
}

TEST_CASE("a file of another net is refused, naming the tensor", "[torch]") {
  ToyNet toy;
  const TemporaryFolder folder;
  const auto good = folder / "good.safetensors", bad = folder / "bad.safetensors";
  write_torch_file(good, toy.net);
  const SafetensorsFile file(good);
  const auto refused = [&](const std::string& reason, const auto& change) {
    std::vector<TensorToWrite> tensors = tensors_of(file);
    change(tensors);
    write_safetensors(bad, tensors);
    CHECK_THROWS_WITH(read_torch_file(bad, toy.net), Contains(bad.string()) && Contains(reason));
  };
  // In alphabetical order: classifier.0.bias, classifier.0.weight, ...
  refused("has no tensor 'classifier.0.bias'", [](auto& tensors) { tensors.erase(tensors.begin()); });
  refused("'classifier.0.weight' is 48x16, but the net's is 16x48", [](auto& tensors) { tensors[1].shape = {48, 16}; });
  refused("'classifier.0.bias' is I32 where F32 is expected", [](auto& tensors) { tensors[0].dtype = "I32"; });
  refused("holds a tensor 'features.9.weight'", [](auto& tensors) {
    tensors.push_back(tensors[0]);
    tensors.back().name = "features.9.weight";
  });
  std::vector<float> wrong(16, std::numeric_limits<float>::infinity());
  refused("'classifier.0.bias' holds a value that is not finite",
          [&](auto& tensors) { tensors[0].bytes = std::as_bytes(std::span(wrong)); });
}

TEST_CASE("a layer that PyTorch does not have is refused by its name", "[torch]") {
  const std::string local = "[[layer]]\nname = \"mine\"\ntype = \"local\"\noutputs = 2\nkernel = 3\n";
  std::string toml = kToyNet;
  toml.insert(toml.find("[[layer]]"), local);
  CHECK_THROWS_WITH(torch_tensors(plan_text<float>(toml)), Contains("mine") && Contains("local"));
}
