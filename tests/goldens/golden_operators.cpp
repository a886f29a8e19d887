#include "tests/goldens/golden_operators.h"

#include <algorithm>

#include "engine/core/error.h"
#include "engine/data/colour_pca.h"
#include "layers/registry.h"
#include "tests/goldens/case_table.h"
#include "tests/goldens/layer_runner.h"
#include "tests/goldens/layout.h"
#include "tests/stored.h"

namespace tandem::test {
namespace {

using Values = std::vector<double>;

// Goldens stored as F32 are themselves rounded, by up to 6e-8.
template <class T>
constexpr double kTolerance = std::is_same_v<T, double>  ? 1e-7
                              : std::is_same_v<T, float> ? 1e-5
                                                         : 1e-2;
// What is computed in double whatever the device's type, against goldens stored as F64.
constexpr double kDoubleTolerance = 1e-12;

// In the engine's layout.
Values to_engine(const GoldenCase& golden, const std::string& tensor) {
  return ChannelLayout::of(golden.shape(tensor)).channels_last(golden.values(tensor));
}

// An operator that only copies numbers must copy every bit; others may round.
bool is_exact(const std::string& op, const std::string& tensor) {
  return op == "concat_channels" || op == "slice_channels" || op == "relu" || (op == "max_pool2d" && tensor == "y");
}

// Rounded to bf16, different numbers tie: the winners of pools and the order of classes are others.
template <class T>
bool depends_on_ties(const std::string& op) {
  return std::is_same_v<T, bf16> && (op == "max_pool2d" || op == "softmax_cross_entropy");
}

template <class T>
void compare_tensor(const GoldenCase& golden, const std::string& tensor, const Values& actual, Comparison& comparison) {
  if (is_exact(golden.op(), tensor))
    comparison.equal(tensor, actual, values_of(all_to<T>(to_engine(golden, tensor))));
  else
    comparison.close(tensor, actual, to_engine(golden, tensor), kTolerance<T>);
}

template <class T>
Array<T> to_device(Device& device, const Values& values) {
  Array<T> array(device, values.size());
  array.upload(all_to<T>(values));
  return array;
}

template <class T>
Values to_host(const Array<T>& array) {
  return values_of(array.download());
}

// y, and the gradients of sum(y dy) by inputs, weights and biases.
template <class T>
void compare_layer(const GoldenCase& golden, const LayerCase& layer, Device& device, Comparison& comparison) {
  LayerRunner<T> runner(layer, layer_registry<T>(), device);
  const bool many = layer.inputs.size() > 1;
  std::vector<Values> inputs, parameters;
  for (size_t i = 0; i < layer.inputs.size(); ++i)
    inputs.push_back(to_engine(golden, many ? "x" + std::to_string(i) : "x"));
  const std::vector<std::string> parameter_names =
      golden.has("w") ? std::vector<std::string>{"w", "b"} : std::vector<std::string>{};
  for (const std::string& name : parameter_names) parameters.push_back(to_engine(golden, name));

  compare_tensor<T>(golden, "y", runner.forward(inputs, parameters), comparison);
  runner.backward(to_engine(golden, "dy"));
  for (size_t i = 0; i < inputs.size() && !depends_on_ties<T>(golden.op()); ++i)
    compare_tensor<T>(golden, many ? "dx" + std::to_string(i) : "dx", runner.input_gradient(i), comparison);
  for (size_t i = 0; i < parameter_names.size(); ++i)
    compare_tensor<T>(golden, "d" + parameter_names[i], runner.parameter_gradient(i), comparison);
}

// By each of its algorithms.
template <class T>
void compare_convolution(const GoldenCase& golden, const LayerCase& layer, Device& device, Comparison& comparison) {
  for (const std::string algorithm : {"columns", "direct", "implicit"}) {
    LayerCase by_algorithm = layer;
    by_algorithm.toml += "algorithm = '" + algorithm + "'\n";
    compare_layer<T>(golden, by_algorithm, device, comparison);
  }
}

template <class T>
void compare_loss(const GoldenCase& golden, const LayerCase& layer, Device& device, Comparison& comparison) {
  LayerRunner<T> runner(layer, layer_registry<T>(), device);
  const Values labels = golden.values("labels");
  runner.set_labels(std::vector<int32_t>(labels.begin(), labels.end()));
  const Values loss = runner.forward({golden.values("logits")}, {});
  double mean = 0;
  for (double value : loss) mean += value / layer.batch;
  compare_tensor<T>(golden, "loss", loss, comparison);
  compare_tensor<T>(golden, "loss_mean", {mean}, comparison);
  compare_tensor<T>(golden, "prob", runner.probabilities(), comparison);
  if (!depends_on_ties<T>(golden.op())) {
    comparison.equal("rank", runner.ranks(), golden.values("rank"));
    comparison.equal("top1", {double(runner.hits(1))}, golden.values("top1"));
    comparison.equal("top5", {double(runner.hits(std::min(5, layer.classes)))}, golden.values("top5"));
  }
  runner.backward({});
  compare_tensor<T>(golden, "dlogits", runner.input_gradient(0), comparison);
}

// The layer draws a mask of its own, so training is compared where it and the golden's mask both keep a value; what the
// layer dropped must be 0 everywhere. Evaluation draws nothing and is compared whole.
template <class T>
void compare_dropout(const GoldenCase& golden, LayerCase layer, const std::string& rule, Device& device,
                     Comparison& comparison) {
  const double keep = 1 - golden.parameters().at("p").get<double>();
  const std::string suffix = rule == "paper" ? "paper" : "inv";
  layer.toml = dropout_toml(keep, rule);
  LayerRunner<T> runner(layer, layer_registry<T>(), device);
  const Values x = golden.values("x"), mask = golden.values("mask");
  const Values evaluated = runner.forward({x}, {}, false);
  comparison.close(rule + " evaluation", evaluated, rule == "paper" ? golden.values("y_paper_test") : x, kTolerance<T>);

  const Values kept = runner.forward({Values(x.size(), 1.0)}, {}), y = runner.forward({x}, {});
  runner.backward(golden.values("dy"));
  const Values dx = runner.input_gradient(0);
  Values expected_y = golden.values("y_" + suffix + "_train"), expected_dx = golden.values("dx_" + suffix);
  long both = 0;
  for (size_t i = 0; i < x.size(); ++i) {
    if (kept[i] == 0) expected_y[i] = expected_dx[i] = 0;
    if (kept[i] != 0 && mask[i] == 0) {
      expected_y[i] = y[i];
      expected_dx[i] = dx[i];
    }
    both += kept[i] != 0 && mask[i] != 0;
  }
  if (both < long(x.size()) / 8) throw Error("dropout", "keeps too little of what the golden mask keeps to compare");
  comparison.close(rule + " y", y, expected_y, kTolerance<T>);
  comparison.close(rule + " dx", dx, expected_dx, kTolerance<T>);
}

// max pool's winners: the golden's idx is row * width + column, the kernel's argmax a place in the window.
template <class T>
void compare_argmax(const GoldenCase& golden, const LayerCase& layer, Device& device, Comparison& comparison) {
  const ImageShape in = layer.inputs[0];
  const std::vector<long> out = golden.shape("y");
  const std::vector<int> pad = golden.padding();
  const int kernel = golden.parameters().at("kernel").at(0), stride = golden.parameters().at("stride").at(0);
  const Pool pool{.batch = layer.batch,
                  .height = in.height,
                  .width = in.width,
                  .channels = in.channels,
                  .kernel_height = kernel,
                  .kernel_width = kernel,
                  .stride = stride,
                  .pad = {pad[0], pad[1], pad[2], pad[3]},
                  .out_height = int(out[2]),
                  .out_width = int(out[3])};
  const Values x = to_engine(golden, "x"), idx = to_engine(golden, "idx");
  Array<T> y(device, idx.size());
  Array<uint8_t> argmax(device, idx.size());
  device.kernels<T>().max_pool_forward(device.stream(), to_device<T>(device, x).data(), y.data(), argmax.data(), pool);
  Values winners = to_host(argmax);
  for (size_t i = 0; i < winners.size(); ++i) {
    const long pixel = long(i) / in.channels, place = long(winners[i]);
    const long row = pixel / pool.out_width % pool.out_height * stride - pad[0] + place / kernel;
    const long column = pixel % pool.out_width * stride - pad[1] + place % kernel;
    winners[i] = double(row * in.width + column);
  }
  comparison.equal("idx", winners, idx);
}

template <class T>
void compare_lrn_scale(const GoldenCase& golden, const LayerCase& layer, Device& device, Comparison& comparison) {
  const auto& p = golden.parameters();
  const ImageShape in = layer.inputs[0];
  const Lrn lrn{.batch = layer.batch,
                .height = in.height,
                .width = in.width,
                .channels = in.channels,
                .n = p.at("n"),
                .groups = p.value("groups", 1),
                .alpha = p.at("alpha"),
                .beta = p.at("beta"),
                .k = p.at("k")};
  const Array<T> x = to_device<T>(device, to_engine(golden, "x"));
  const Array<T> y(device, x.size()), scale(device, x.size());
  const auto forward =
      golden.op() == "lrn" ? device.kernels<T>().lrn_forward : device.kernels<T>().lrn_same_map_forward;
  forward(device.stream(), x.data(), y.data(), scale.data(), lrn);
  compare_tensor<T>(golden, "scale", to_host(scale), comparison);
}

template <class T>
void compare_bias(const GoldenCase& golden, Device& device, Comparison& comparison) {
  using A = Compute<T>;
  const Array<T> y = to_device<T>(device, to_engine(golden, "x"));
  const Array<A> b = to_device<A>(device, golden.values("b"));
  const Array<T> dy = to_device<T>(device, to_engine(golden, "dy"));
  const int channels = int(b.size());
  const long rows = long(y.size()) / channels;
  device.kernels<T>().add_bias(device.stream(), y.data(), b.data(), rows, channels);
  compare_tensor<T>(golden, "y", to_host(y), comparison);
  const Array<A> partial(device, size_t(kColumnSumParts) * channels), db(device, channels);
  device.kernels<T>().column_sum(device.stream(), dy.data(), partial.data(), db.data(), rows, channels, false);
  compare_tensor<T>(golden, "db", to_host(db), comparison);
}

template <class T>
void compare_sgd(const GoldenCase& golden, Device& device, Comparison& comparison) {
  const auto& p = golden.parameters();
  const Array<T> w = to_device<T>(device, golden.values("w0"));
  const Array<T> v = to_device<T>(device, Values(w.size(), p.at("v0").get<double>()));
  Array<int32_t> tensor_of_block(device, (w.size() + kSgdBlock - 1) / kSgdBlock);
  tensor_of_block.upload(std::vector<int32_t>(tensor_of_block.size(), 0));
  const Values gradients = golden.values("grads");
  const std::vector<double> rates = p.at("eps");
  Values all_w, all_v;
  for (size_t step = 0; step < rates.size(); ++step) {
    const auto begin = gradients.begin() + long(step * w.size());
    const Array<T> g = to_device<T>(device, Values(begin, begin + long(w.size())));
    Array<SgdStep<T>> steps(device, 1);
    steps.upload({{.rate = T(rates[step]),
                   .momentum = T(p.at("momentum").get<double>()),
                   .decay_rate = T(p.at("weight_decay").get<double>() * rates[step])}});
    device.kernels<T>().sgd(device.stream(), w.data(), v.data(), g.data(), w.size(), tensor_of_block.data(),
                            steps.data());
    for (double value : to_host(w)) all_w.push_back(value);
    for (double value : to_host(v)) all_v.push_back(value);
  }
  compare_tensor<T>(golden, "w", all_w, comparison);
  compare_tensor<T>(golden, "v", all_v, comparison);
}

void compare_colour_pca(const GoldenCase& golden, Comparison& comparison) {
  const Values pixels = golden.values("pixels"), alphas = golden.values("alpha");
  const ColourPca pca = colour_pca(pixels);
  const auto compare = [&](const std::string& tensor, const auto& actual) {
    comparison.close(tensor, Values(actual.begin(), actual.end()), golden.values(tensor), kDoubleTolerance);
  };
  compare("mean", pca.mean);
  compare("cov", pca.covariance);
  compare("eigval", pca.eigenvalues);
  compare("eigvec", pca.eigenvectors);
  Values deltas, out;
  for (size_t m = 0; m < alphas.size(); m += 3) {
    const auto delta = pca.delta({alphas[m], alphas[m + 1], alphas[m + 2]});
    deltas.insert(deltas.end(), delta.begin(), delta.end());
    for (size_t i = 0; i < 16 * 3; ++i) out.push_back(pixels[i] + delta[i % 3]);
  }
  compare("delta", deltas);
  compare("out", out);
}

}  // namespace

template <class T>
void compare_operator(const GoldenCase& golden, Device& device, Comparison& comparison) {
  const std::string op = golden.op();
  if (op == "bias") return compare_bias<T>(golden, device, comparison);
  if (op == "sgd_paper") return compare_sgd<Compute<T>>(golden, device, comparison);
  if (op == "pca_colour") return compare_colour_pca(golden, comparison);
  const LayerCase layer = layer_case(golden).value();
  if (op == "softmax_cross_entropy") return compare_loss<T>(golden, layer, device, comparison);
  if (op == "conv2d") return compare_convolution<T>(golden, layer, device, comparison);
  if (op == "dropout") {
    compare_dropout<T>(golden, layer, "paper", device, comparison);
    return compare_dropout<T>(golden, layer, "inverted", device, comparison);
  }
  compare_layer<T>(golden, layer, device, comparison);
  if (op == "max_pool2d" && !depends_on_ties<T>(op)) compare_argmax<T>(golden, layer, device, comparison);
  if (op == "lrn" || op == "lrn_same_map") compare_lrn_scale<T>(golden, layer, device, comparison);
}

template void compare_operator<float>(const GoldenCase&, Device&, Comparison&);
template void compare_operator<bf16>(const GoldenCase&, Device&, Comparison&);
template void compare_operator<double>(const GoldenCase&, Device&, Comparison&);

}  // namespace tandem::test
