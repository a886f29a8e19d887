#include "tests/goldens/golden_network.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <sstream>

#include "engine/train/sgd.h"
#include "tests/goldens/generator.h"
#include "tests/goldens/network_model.h"

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
// Of bf16 gradients most is what ReLUs and pools decide otherwise after rounding: a gradient then goes another way, in
// all layers below. (What rounding alone does, operators show, and tests/engine/net/test_net.cpp.)
template <>
constexpr Tolerances kTolerances<bf16>{2e-2, 4e-1, 0, 0, 5e-2};
template <>
constexpr Tolerances kTolerances<double>{1e-10, 1e-9, 1e-7, 1e-3, 1e-9};

// What a ReLU or max pool whose inputs tie to within float32's rounding may do to gradients below it, and to the losses
// after them, by choosing otherwise (README, "Tolerances for networks"). Allowed only in float32 and only for the
// networks too large to be checked in double as a rule; a note says where.
constexpr double kFlipTolerance = 1e-2;
constexpr int kNudges = 8;

double root_mean_square(double norm, size_t elements) { return norm / std::sqrt(double(elements)); }

Values at(const Values& values, const Values& indices) {
  Values picked;
  for (double index : indices) picked.push_back(values.at(size_t(index)));
  return picked;
}

Values row(const Values& matrix, size_t number, size_t columns) {
  return Values(matrix.begin() + long(number * columns), matrix.begin() + long((number + 1) * columns));
}

std::string scientific(double value) {
  std::ostringstream text;
  text.precision(1);
  text << std::scientific << value;
  return text.str();
}

template <class T>
class NetworkTrial {
 public:
  NetworkTrial(const GoldenCase& golden, Device& device, Comparison& comparison)
      : golden_(golden), comparison_(comparison), model_(golden, device) {}

  void run() {
    compare_generated();
    const Values losses = train_looking_at_everything();
    compare_losses(losses);
    comparison_.equal("losses with shared memory", train_sharing_memory(0), losses);
  }

 private:
  const Tolerances& tolerances() const { return kTolerances<T>; }
  const nlohmann::json& parameters() const { return golden_.parameters().at("params"); }
  bool may_flip() const { return std::is_same_v<T, float> && !is_small_network(golden_); }
  double tolerance(const std::string& tensor, double tolerance) const {
    return golden_.rounded_to_float(tensor) ? std::max(tolerance, tolerances().stored) : tolerance;
  }

  // The generator against what the file shows of it.
  void compare_generated() {
    const Values& x = model_.input();
    comparison_.equal("x_head", Values(x.begin(), x.begin() + 8), golden_.values("x_head"));
    if (golden_.has("x")) comparison_.equal("x", x, golden_.values("x"));
    comparison_.equal("labels", Values(model_.labels().begin(), model_.labels().end()), golden_.values("labels"));
    Values heads;
    for (const auto& p : parameters()) {
      const Values head = generate_all(p.at("t"), 4, p.at("scale"));
      heads.insert(heads.end(), head.begin(), head.end());
      const std::string name = "param." + p.at("name").template get<std::string>();
      if (golden_.has(name)) comparison_.equal(name, model_.generated(p), golden_.values(name));
    }
    comparison_.equal("param_head", heads, golden_.values("param_head"));
  }

  // Memory of its own for every activation, so that all can be looked at.
  Values train_looking_at_everything() {
    Net<T> net = model_.make_net({.batch = model_.batch(), .training = true, .share = false, .input_gradient = true});
    net.forward(true, 0, 0);
    net.backward();
    compare_forward(net);
    compare_gradients(net);
    return train(net);
  }

  Values train_sharing_memory(uint64_t nudge) {
    Net<T> net = model_.make_net({.batch = model_.batch(), .training = true, .share = true}, nudge);
    return train(net);
  }

  // The loss before each of the paper's updates of weights and biases alike, and after the last.
  Values train(Net<T>& net) {
    const auto& sgd = golden_.parameters().at("sgd");
    Recipe recipe;
    recipe.momentum = sgd.at("momentum");
    recipe.decay = sgd.at("weight_decay");
    Sgd<Compute<T>> update(net, recipe);
    const int steps = sgd.at("steps");
    Values losses;
    for (int s = 0; s <= steps; ++s) {
      net.forward(true, 0, uint64_t(s));
      losses.push_back(net.result().loss);
      if (s == steps) break;
      net.backward();
      update.update({.weights = sgd.at("eps"), .biases = sgd.at("eps")});
    }
    return losses;
  }

  void compare_forward(const Net<T>& net) {
    const double value = tolerances().value;
    comparison_.close("loss", {net.result().loss}, golden_.values("loss"), value);
    comparison_.close("loss_per_sample", net.losses(), golden_.values("loss_per_sample"), value);
    comparison_.close("logits", model_.activation(net, model_.layers() - 1), golden_.values("logits"), value);
    for (size_t l = 0; l < model_.layers(); ++l) compare_activation(l, model_.activation(net, l));
  }

  void compare_activation(size_t layer, const Values& actual) {
    const double value = tolerances().value;
    const std::string op = golden_.parameters().at("layers").at(layer).at("op"),
                      label = " of layer " + std::to_string(layer) + " " + op;
    const double l2 = golden_.values("act_l2").at(layer), typical = root_mean_square(l2, actual.size());
    comparison_.close("act_l2" + label, {l2_norm(actual)}, {l2}, value);
    const double mean = std::accumulate(actual.begin(), actual.end(), 0.0) / double(actual.size());
    comparison_.close("act_mean" + label, {mean}, {golden_.values("act_mean").at(layer)}, value, typical);

    const size_t count = size_t(golden_.shape("act_sample_idx").at(1));
    const Values indices = row(golden_.values("act_sample_idx"), layer, count),
                 samples = row(golden_.values("act_sample_val"), layer, count);
    comparison_.close("samples" + label, at(actual, indices), samples, value,
                      std::max(l2_norm(samples), typical * std::sqrt(double(count))));
    const std::string whole = "act." + two_digits(layer) + "_" + op;
    if (golden_.has(whole)) comparison_.close(whole, actual, golden_.values(whole), tolerance(whole, value));
  }

  void compare_gradients(const Net<T>& net) {
    const double gradient = tolerances().gradient;
    const Values norms = golden_.values("grad_l2");
    for (size_t i = 0; i < parameters().size(); ++i) {
      const std::string name = parameters().at(i).at("name");
      const Values actual = model_.gradient(net, parameters().at(i));
      close_gradient("grad_l2 of " + name, {l2_norm(actual)}, {norms.at(i)}, gradient, norms.at(i));
      compare_gradient_samples(name, actual, norms.at(i));
      if (golden_.has("grad." + name))
        close_gradient("grad." + name, actual, golden_.values("grad." + name), tolerance("grad." + name, gradient),
                       norms.at(i));
    }
    const Values dx = model_.input_gradient(net);
    const double dx_l2 = golden_.scalar("dx_l2");
    close_gradient("dx_l2", {l2_norm(dx)}, {dx_l2}, gradient, dx_l2);
    if (golden_.has("dx")) close_gradient("dx", dx, golden_.values("dx"), tolerance("dx", gradient), dx_l2);
  }

  void compare_gradient_samples(const std::string& name, const Values& actual, double l2) {
    std::string sampled = name;  // "conv1.w" is sampled as "conv1_w"
    std::replace(sampled.begin(), sampled.end(), '.', '_');
    const Values samples = golden_.values("gs_val." + sampled);
    const double typical = root_mean_square(l2, actual.size()) * std::sqrt(double(samples.size()));
    close_gradient("samples of gradient " + name, at(actual, golden_.values("gs_idx." + sampled)), samples,
                   tolerances().gradient, std::max(l2_norm(samples), typical));
  }

  void close_gradient(const std::string& what, const Values& actual, const Values& expected, double tolerance,
                      double size) {
    const double error = l2_distance(actual, expected) / size;
    if (may_flip() && error > tolerance && error <= kFlipTolerance) {
      comparison_.notes.push_back(what + " differs by " + scientific(error) + ", as after a flipped tie");
      tolerance = kFlipTolerance;
    }
    comparison_.close(what, actual, expected, tolerance, size);
  }

  double worst_loss_error(const Values& losses) const {
    const Values expected = golden_.values("losses");
    double worst = losses.size() == expected.size() ? 0 : HUGE_VAL;
    for (size_t s = 0; s < std::min(losses.size(), expected.size()); ++s) {
      const double error = std::abs(losses[s] - expected[s]);
      if (!(error <= worst)) worst = std::isnan(error) ? HUGE_VAL : error;
    }
    return worst;
  }

  // Absolute, as the guide is. Ten updates are enough for a tie to flip on the way. A flip is told from a mistake by
  // nudging the input by one unit in the last place: such a run meets the tie on the other side, as the golden did, and
  // then its losses keep within the same tolerance; a mistake stays.
  void compare_losses(const Values& losses) {
    const double drift = golden_.parameters().at("f32_guide").at("max_loss_diff");
    const double allowed = tolerances().losses_of_guide * drift + tolerances().losses;
    double error = worst_loss_error(losses);
    if (may_flip() && error > allowed && error <= kFlipTolerance) {
      for (uint64_t nudge = 1; nudge <= kNudges; ++nudge) {
        const double nudged_error = worst_loss_error(train_sharing_memory(nudge));
        if (nudged_error > allowed) continue;
        comparison_.notes.push_back("losses differ by " + scientific(error) + " after a flipped tie, and by " +
                                    scientific(nudged_error) + " with nudge " + std::to_string(nudge) +
                                    " of the input's last bit");
        error = nudged_error;
        break;
      }
    }
    comparison_.close("losses", {error}, {0}, allowed, 1);
  }

  const GoldenCase& golden_;
  Comparison& comparison_;
  NetworkModel<T> model_;
};

}  // namespace

bool is_small_network(const GoldenCase& golden) { return golden.parameters().at("all_grads"); }

template <class T>
void compare_network(const GoldenCase& golden, Device& device, Comparison& comparison) {
  NetworkTrial<T>(golden, device, comparison).run();
}

template void compare_network<float>(const GoldenCase&, Device&, Comparison&);
template void compare_network<bf16>(const GoldenCase&, Device&, Comparison&);
template void compare_network<double>(const GoldenCase&, Device&, Comparison&);

}  // namespace tandem::test
