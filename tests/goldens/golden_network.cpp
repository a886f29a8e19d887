#include "tests/goldens/golden_network.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "engine/core/error.h"
#include "engine/net/net.h"
#include "layers/registry.h"
#include "tests/goldens/dropout_mask.h"
#include "tests/goldens/generator.h"
#include "tests/goldens/layout.h"
#include "tests/goldens/network_description.h"

namespace tandem::test {
namespace {

using Values = std::vector<double>;

// Relative, as the goldens' README suggests for float. `stored` is what rounding to F32 in the file allows by itself.
struct Tolerances {
  double value, gradient, stored;
  double losses_of_guide, losses;  // losses may differ by losses_of_guide * f32_guide.max_loss_diff + losses
};
template <class T>
constexpr Tolerances kTolerances{1e-5, 1e-4, 0, 10, 1e-5};
template <>
constexpr Tolerances kTolerances<double>{1e-10, 1e-9, 1e-7, 1e-3, 1e-9};

// What a ReLU or max pool whose inputs tie to within float32's rounding may do to gradients below it (README,
// "Tolerances for networks"). Allowed only in float32, and only for the networks too large to be checked in double.
constexpr double kFlipTolerance = 1e-2;

double root_mean_square(double norm, size_t elements) { return norm / std::sqrt(double(elements)); }

Values at(const Values& values, const Values& indices) {
  Values picked;
  for (double index : indices) picked.push_back(values.at(size_t(index)));
  return picked;
}

std::string two_digits(size_t number) { return (number < 10 ? "0" : "") + std::to_string(number); }

// One golden network with the engine's net for it.
template <class T>
class NetworkTrial {
 public:
  NetworkTrial(const GoldenCase& golden, Device& device, Comparison& comparison)
      : golden_(golden),
        device_(device),
        comparison_(comparison),
        description_(describe_network(golden)),
        batch_(golden.parameters().at("batch")) {
    for (size_t l = 0; l < description_.engine_layers.size(); ++l)
      if (golden.has("mask." + two_digits(l))) masks_[int(l)] = golden.values("mask." + two_digits(l));
    const auto& p = golden.parameters();
    const auto in = p.at("in_shape").template get<std::vector<int>>();
    input_shape_ = {in.at(1), in.at(2), in.at(0)};
    x_ = generate_all(p.at("input_t"), batch_ * input_shape_.elements(), p.at("input_scale"));
    for (int n = 0; n < batch_; ++n)
      labels_.push_back(int32_t(splitmix64((p.at("label_t").template get<uint64_t>() << 32) + uint64_t(n)) %
                                p.at("classes").template get<uint64_t>()));
    compare_generated();
  }

  void run() {
    Values losses;
    {
      // Memory of its own for every activation, so that all can be looked at.
      Net<T> net = make_net({.batch = batch_, .training = true, .share = false, .input_gradient = true});
      net.forward(true, 0, 0);
      net.backward();
      compare_forward(net);
      compare_gradients(net);
      losses = train(net);
      compare_losses(losses);
    }
    Net<T> sharing = make_net({.batch = batch_, .training = true, .share = true, .input_gradient = false});
    comparison_.equal("losses with shared memory", train(sharing), losses);
  }

 private:
  const Tolerances& tolerances() const { return kTolerances<T>; }
  const nlohmann::json& parameters() const { return golden_.parameters().at("params"); }

  // The generator against what the file shows of it.
  void compare_generated() {
    comparison_.equal("x_head", Values(x_.begin(), x_.begin() + 8), golden_.values("x_head"));
    if (golden_.has("x")) comparison_.equal("x", x_, golden_.values("x"));
    comparison_.equal("labels", Values(labels_.begin(), labels_.end()), golden_.values("labels"));
    Values heads;
    for (const auto& p : parameters()) {
      const Values head = generate_all(p.at("t"), 4, p.at("scale"));
      heads.insert(heads.end(), head.begin(), head.end());
      const std::string name = "param." + p.at("name").template get<std::string>();
      if (golden_.has(name)) comparison_.equal(name, generated_parameter(p), golden_.values(name));
    }
    comparison_.equal("param_head", heads, golden_.values("param_head"));
  }

  static Values generated_parameter(const nlohmann::json& p) {
    const auto shape = p.at("shape").get<std::vector<long>>();
    return generate_all(p.at("t"), std::accumulate(shape.begin(), shape.end(), 1L, std::multiplies<>()), p.at("scale"));
  }

  // A fully-connected layer's weights follow the image it reads; a convolution's are OIHW; biases have one dimension.
  ChannelLayout parameter_layout(const Net<T>& net, const nlohmann::json& p) const {
    const auto shape = p.at("shape").template get<std::vector<long>>();
    if (shape.size() != 2) return ChannelLayout::of(shape);
    const PlannedLayer<T>& layer = net.plan().layers.at(description_.engine_layers.at(p.at("layer")));
    return ChannelLayout::of_images(shape[0], output_shape(net, layer.inputs.at(0)));
  }

  static ImageShape output_shape(const Net<T>& net, int layer) {
    return layer < 0 ? net.plan().input : net.plan().layers.at(layer).output;
  }

  // "conv1.w" is the engine's "conv1.weights".
  static const Parameter<T>& parameter(const Net<T>& net, const nlohmann::json& p) {
    const std::string name = p.at("name");
    const std::string layer = name.substr(0, name.size() - 2);
    const std::string wanted = layer + (name.ends_with(".w") ? ".weights" : ".biases");
    for (const Parameter<T>& candidate : net.parameters())
      if (candidate.name == wanted) return candidate;
    throw Error("golden network", "the net has no parameter " + wanted);
  }

  Net<T> make_net(const NetOptions& options) {
    const Options file = Options::parse(description_.toml, golden_.name());
    NetPlan<T> plan = plan_net<T>(parse_net(file), with_dropout_mask(layer_registry<T>(), masks_));
    file.finish();
    Net<T> net(std::move(plan), device_, options);
    if (net.parameters().size() != parameters().size())
      throw Error("golden network", "the net has " + std::to_string(net.parameters().size()) +
                                        " parameter tensors, the golden " + std::to_string(parameters().size()));
    for (const auto& p : parameters()) {
      const Values values = parameter_layout(net, p).channels_last(generated_parameter(p));
      const std::vector<T> rounded(values.begin(), values.end());
      const Parameter<T>& to = parameter(net, p);
      if (rounded.size() != to.elements())
        throw Error("golden network", to.name + " has " + std::to_string(to.elements()) + " elements, not " +
                                          std::to_string(rounded.size()));
      device_.upload(to.value, rounded.data(), rounded.size() * sizeof(T));
    }
    const Values x = ChannelLayout::of_images(batch_, input_shape_).channels_last(x_);
    net.set_input(std::vector<T>(x.begin(), x.end()).data(), labels_.data(), batch_);
    return net;
  }

  // The output of a golden layer, in the golden's order.
  Values golden_activation(const Net<T>& net, size_t layer) const {
    const int engine_layer = description_.engine_layers.at(layer);
    if (engine_layer < 0) return x_;
    const std::vector<T> values = net.activation(engine_layer);
    return ChannelLayout::of_images(batch_, output_shape(net, engine_layer))
        .channels_first(Values(values.begin(), values.end()));
  }

  double tolerance(const std::string& tensor, double tolerance) const {
    return golden_.rounded_to_float(tensor) ? std::max(tolerance, tolerances().stored) : tolerance;
  }

  void compare_forward(const Net<T>& net) {
    const double value = tolerances().value;
    comparison_.close("loss", {net.result().loss}, golden_.values("loss"), value);
    comparison_.close("loss_per_sample", net.losses(), golden_.values("loss_per_sample"), value);
    const size_t layers = description_.engine_layers.size();
    comparison_.close("logits", golden_activation(net, layers - 1), golden_.values("logits"), value);

    const Values norms = golden_.values("act_l2"), means = golden_.values("act_mean"),
                 indices = golden_.values("act_sample_idx"), samples = golden_.values("act_sample_val");
    for (size_t l = 0; l < layers; ++l) {
      const Values actual = golden_activation(net, l);
      const std::string op = golden_.parameters().at("layers").at(l).at("op"),
                        label = " of layer " + std::to_string(l) + " " + op;
      const double typical = root_mean_square(norms.at(l), actual.size());
      const double mean = std::accumulate(actual.begin(), actual.end(), 0.0) / double(actual.size());
      comparison_.close("act_l2" + label, {l2_norm(actual)}, {norms.at(l)}, value);
      comparison_.close("act_mean" + label, {mean}, {means.at(l)}, value, typical);
      const size_t count = indices.size() / layers;
      const auto row = [&](const Values& all) {
        return Values(all.begin() + long(l * count), all.begin() + long((l + 1) * count));
      };
      comparison_.close("samples" + label, at(actual, row(indices)), row(samples), value,
                        std::max(l2_norm(row(samples)), typical * std::sqrt(double(count))));
      const std::string whole = "act." + two_digits(l) + "_" + op;
      if (golden_.has(whole)) comparison_.close(whole, actual, golden_.values(whole), tolerance(whole, value));
    }
  }

  // Gradients may flip (see kFlipTolerance); a note says so where they did.
  void close_gradient(const std::string& what, const Values& actual, const Values& expected, double tolerance,
                      double size) {
    const double error = l2_distance(actual, expected) / size;
    const bool may_flip = std::is_same_v<T, float> && !is_small_network(golden_);
    if (may_flip && error > tolerance && error <= kFlipTolerance) {
      comparison_.notes.push_back(what + " differs by " + std::to_string(error) + ", as a flipped tie may");
      tolerance = kFlipTolerance;
    }
    comparison_.close(what, actual, expected, tolerance, size);
  }

  void compare_gradients(const Net<T>& net) {
    const double gradient = tolerances().gradient;
    const Values norms = golden_.values("grad_l2");
    for (size_t i = 0; i < parameters().size(); ++i) {
      const auto& p = parameters().at(i);
      const std::string name = p.at("name");
      std::string sample_name = name;  // "conv1.w" is sampled as "conv1_w"
      std::replace(sample_name.begin(), sample_name.end(), '.', '_');
      const Parameter<T>& from = parameter(net, p);
      std::vector<T> values(from.elements());
      device_.download(values.data(), from.gradient, values.size() * sizeof(T));
      const Values actual = parameter_layout(net, p).channels_first(Values(values.begin(), values.end()));
      close_gradient("grad_l2 of " + name, {l2_norm(actual)}, {norms.at(i)}, gradient, norms.at(i));
      const Values samples = golden_.values("gs_val." + sample_name);
      const double typical = root_mean_square(norms.at(i), actual.size()) * std::sqrt(double(samples.size()));
      close_gradient("samples of gradient " + name, at(actual, golden_.values("gs_idx." + sample_name)), samples,
                     gradient, std::max(l2_norm(samples), typical));
      if (golden_.has("grad." + name)) {
        const Values whole = golden_.values("grad." + name);
        close_gradient("grad." + name, actual, whole, tolerance("grad." + name, gradient), l2_norm(whole));
      }
    }
    const std::vector<T> values = net.input_gradient();
    const Values dx =
        ChannelLayout::of_images(batch_, input_shape_).channels_first(Values(values.begin(), values.end()));
    close_gradient("dx_l2", {l2_norm(dx)}, golden_.values("dx_l2"), gradient, golden_.scalar("dx_l2"));
    if (golden_.has("dx"))
      close_gradient("dx", dx, golden_.values("dx"), tolerance("dx", gradient), golden_.scalar("dx_l2"));
  }

  // The loss before each of the paper's updates of weights and biases alike, and after the last.
  Values train(Net<T>& net) {
    const auto& sgd = golden_.parameters().at("sgd");
    const SgdStep step{.rate = sgd.at("eps"), .momentum = sgd.at("momentum"), .decay = sgd.at("weight_decay")};
    const int steps = sgd.at("steps");
    Values losses;
    for (int s = 0; s <= steps; ++s) {
      net.forward(true, 0, uint64_t(s));
      losses.push_back(net.result().loss);
      if (s == steps) break;
      net.backward();
      for (const Parameter<T>& p : net.parameters())
        device_.kernels<T>().sgd(device_.stream(), p.value, p.momentum, p.gradient, p.elements(), step);
    }
    return losses;
  }

  void compare_losses(const Values& losses) {
    const Values expected = golden_.values("losses");
    const double drift = golden_.parameters().at("f32_guide").at("max_loss_diff");
    double size = 0;  // losses are compared absolutely, as the guide is
    for (size_t s = 0; s < expected.size(); ++s) size = std::max(size, std::abs(losses.at(s) - expected.at(s)));
    comparison_.close("losses", {size}, {0}, tolerances().losses_of_guide * drift + tolerances().losses, 1);
  }

  const GoldenCase& golden_;
  Device& device_;
  Comparison& comparison_;
  NetworkDescription description_;
  int batch_;
  ImageShape input_shape_;
  Masks masks_;
  Values x_;  // NCHW
  std::vector<int32_t> labels_;
};

}  // namespace

bool is_small_network(const GoldenCase& golden) { return golden.parameters().at("all_grads"); }

template <class T>
void compare_network(const GoldenCase& golden, Device& device, Comparison& comparison) {
  NetworkTrial<T>(golden, device, comparison).run();
}

template void compare_network<float>(const GoldenCase&, Device&, Comparison&);
template void compare_network<double>(const GoldenCase&, Device&, Comparison&);

}  // namespace tandem::test
