#include "tests/goldens/case_table.h"

#include <set>
#include <sstream>

#include "engine/core/error.h"
#include "tests/goldens/layout.h"

namespace tandem::test {
namespace {

// Builds the text of a layer's table, a line a key.
class Toml {
 public:
  explicit Toml(const std::string& type) { text("type", type); }
  Toml& text(const std::string& key, const std::string& value) { return line(key, '"' + value + '"'); }
  template <class Number>
  Toml& number(const std::string& key, Number value) {
    std::ostringstream digits;
    digits.precision(17);
    digits << std::boolalpha << value;
    return line(key, digits.str());
  }
  Toml& padding(const std::vector<int>& pad) {
    std::string list;
    for (int side : pad) list += (list.empty() ? "[" : ", ") + std::to_string(side);
    return line("pad", list + "]");
  }
  std::string str() const { return toml_; }

 private:
  Toml& line(const std::string& key, const std::string& value) {
    toml_ += key + " = " + value + "\n";
    return *this;
  }
  std::string toml_;
};

// A golden activation's image: NCHW; [N][C]; or [C], which is one image.
ImageShape image_shape(const std::vector<long>& shape) {
  if (shape.size() == 4) return {int(shape[2]), int(shape[3]), int(shape[1])};
  return {1, 1, int(shape.back())};
}

// A window of a convolution or pool; a golden that is not square has been turned away before.
Toml& window(Toml& toml, const GoldenCase& golden) {
  return toml.number("kernel", golden.parameters().at("kernel").at(0).get<int>())
      .number("stride", golden.parameters().at("stride").at(0).get<int>())
      .padding(golden.padding());
}

Toml& rounding(Toml& toml, const GoldenCase& golden) {
  return toml.text("rounding", golden.parameters().at("ceil_mode").get<bool>() ? "ceil" : "floor");
}

Toml& normalisation(Toml& toml, const GoldenCase& golden) {
  const auto& p = golden.parameters();
  return toml.number("n", p.at("n").get<int>())
      .number("alpha", p.at("alpha").get<double>())
      .number("beta", p.at("beta").get<double>())
      .number("k", p.at("k").get<double>());
}

// The layer's table, or "" for what is no layer.
std::string layer_toml(const GoldenCase& golden) {
  const std::string op = golden.op();
  const auto& p = golden.parameters();
  if (op == "conv2d") {
    Toml toml("convolution");
    return window(toml, golden)
        .number("outputs", golden.shape("w").at(0))
        .number("groups", p.at("groups").get<int>())
        .str();
  }
  if (op == "local2d") {
    Toml toml("local");
    return window(toml, golden).number("outputs", golden.shape("w").at(2)).str();
  }
  if (op == "fc") return Toml("fully-connected").number("outputs", golden.shape("w").at(0)).str();
  if (op == "max_pool2d") {
    Toml toml("max-pool");
    window(toml, golden);
    return rounding(toml, golden).str();
  }
  if (op == "avg_pool2d") {
    Toml toml("average-pool");
    window(toml, golden).number("count_padding", p.at("count_include_pad").get<bool>());
    return rounding(toml, golden).str();
  }
  if (op == "lrn") {
    Toml toml("lrn");
    return normalisation(toml, golden).number("groups", p.value("groups", 1)).str();
  }
  if (op == "lrn_same_map") {
    Toml toml("lrn-same-map");
    return normalisation(toml, golden).str();
  }
  if (op == "dropout") return dropout_toml(1 - p.at("p").get<double>(), "inverted");
  if (op == "slice_channels")
    return Toml("slice").number("begin", p.at("begin").get<int>()).number("end", p.at("end").get<int>()).str();
  if (op == "relu" || op == "tanh" || op == "sigmoid") return Toml(op).str();
  if (op == "global_avg_pool") return Toml("global-average-pool").str();
  if (op == "concat_channels") return Toml("concat").str();
  if (op == "softmax_cross_entropy") return Toml("softmax-cross-entropy").str();
  for (const char* other : {"bias", "sgd_paper", "pca_colour", "network"})
    if (op == other) return "";
  throw Error("golden case " + golden.name(), "operator '" + op + "' is unknown");
}

// Its input tensors: "x"; "logits"; or "x0", "x1", ...
std::vector<std::string> input_names(const GoldenCase& golden) {
  if (golden.op() == "softmax_cross_entropy") return {"logits"};
  if (golden.op() != "concat_channels") return {"x"};
  std::vector<std::string> names;
  while (golden.has("x" + std::to_string(names.size()))) names.push_back("x" + std::to_string(names.size()));
  return names;
}

}  // namespace

std::string dropout_toml(double keep, const std::string& rule) {
  return Toml("dropout").number("keep", keep).text("rule", rule).str();
}

std::optional<LayerCase> layer_case(const GoldenCase& golden) {
  const std::string toml = layer_toml(golden);
  if (toml.empty()) return std::nullopt;
  LayerCase result{.name = golden.name(), .toml = toml, .inputs = {}};
  for (const std::string& name : input_names(golden)) {
    const std::vector<long> shape = golden.shape(name);
    result.inputs.push_back(image_shape(shape));
    result.batch = shape.size() == 1 ? 1 : int(shape[0]);
  }
  result.classes = golden.parameters().value("classes", 0);
  return result;
}

std::vector<LayerCase> own_layer_cases() {
  const auto convolution = [](int outputs, int kernel, int stride, const std::vector<int>& pad, int groups) {
    return Toml("convolution")
        .number("outputs", outputs)
        .number("kernel", kernel)
        .number("stride", stride)
        .padding(pad)
        .number("groups", groups)
        .str();
  };
  const std::string paper_lrn = "type = \"lrn\"\nn = 5\nalpha = 1e-4\nbeta = 0.75\nk = 2\n";
  const std::string paper_pool = "type = \"max-pool\"\nkernel = 3\nstride = 2\n";
  return {
      // AlexNet's layers (the 2012 code's padding), images whole, channels about one in sixteen.
      {"alexnet_conv1", convolution(6, 11, 4, {0, 0, 3, 3}, 1), {{224, 224, 3}}},
      {"alexnet_conv2", convolution(16, 5, 1, {2, 2, 2, 2}, 2), {{27, 27, 6}}, 2},
      {"alexnet_conv3", convolution(24, 3, 1, {1, 1, 1, 1}, 1), {{13, 13, 16}}, 2},
      {"alexnet_conv4", convolution(24, 3, 1, {1, 1, 1, 1}, 2), {{13, 13, 24}}, 2},
      {"alexnet_conv5", convolution(16, 3, 1, {1, 1, 1, 1}, 2), {{13, 13, 24}}, 2},
      {"alexnet_lrn1", paper_lrn, {{55, 55, 6}}},
      {"alexnet_lrn2_groups", paper_lrn + "groups = 2\n", {{27, 27, 16}}, 2},
      {"alexnet_pool1", paper_pool, {{55, 55, 6}}},
      {"alexnet_pool5", paper_pool, {{13, 13, 16}}, 3},
      {"alexnet_fc6", Toml("fully-connected").number("outputs", 64).str(), {{6, 6, 16}}, 3},
      {"alexnet_loss", Toml("softmax-cross-entropy").str(), {{1, 1, 1000}}, 3, 1000},
      // Corners.
      {"conv_one_pixel_one_image", convolution(1, 1, 1, {0, 0, 0, 0}, 1), {{1, 1, 1}}},
      {"conv_stride_over_kernel_padded", convolution(3, 2, 3, {1, 1, 0, 2}, 1), {{8, 9, 5}}, 2},
      {"conv_odd_groups", convolution(15, 3, 2, {1, 0, 1, 0}, 5), {{9, 8, 10}}, 2},
      {"fc_one_by_one", Toml("fully-connected").number("outputs", 1).str(), {{1, 1, 1}}},
      {"local_padded_bottom_right",
       Toml("local").number("outputs", 3).number("kernel", 3).number("stride", 2).padding({0, 0, 1, 2}).str(),
       {{6, 7, 4}},
       2},
      {"dropout_paper", dropout_toml(0.5, "paper"), {{3, 3, 7}}, 4},
      {"dropout_keeps_all", dropout_toml(1, "inverted"), {{1, 1, 33}}, 2},
      {"concat_two_columns", Toml("concat").str(), {{13, 13, 24}, {13, 13, 24}}, 2},
      {"slice_one_channel", Toml("slice").number("begin", 4).number("end", 5).str(), {{3, 2, 5}}, 2},
      {"relu_map", Toml("relu").str(), {{13, 13, 24}}, 2},
      {"loss_two_classes", Toml("softmax-cross-entropy").str(), {{1, 1, 2}}, 5, 2},
  };
}

std::vector<LayerCase> all_layer_cases(const std::vector<GoldenCase>& goldens) {
  std::vector<LayerCase> cases;
  std::set<std::string> seen;  // many golden cases differ in their values only
  const auto add = [&](const LayerCase& layer) {
    std::string key = layer.toml + std::to_string(layer.batch);
    for (const ImageShape& shape : layer.inputs) key += " " + shape.text();
    if (seen.insert(key).second) cases.push_back(layer);
  };
  for (const GoldenCase& golden : goldens) {
    const auto window = golden.parameters().find("kernel");
    if (window != golden.parameters().end() && window->is_array() && !golden.square()) continue;
    if (const auto layer = layer_case(golden)) add(*layer);
  }
  for (const LayerCase& layer : own_layer_cases()) add(layer);
  return cases;
}

}  // namespace tandem::test
