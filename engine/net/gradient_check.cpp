#include "engine/net/gradient_check.h"

#include <algorithm>
#include <cmath>

#include "engine/core/random.h"

namespace tandem {
namespace {

class GradientChecker {
 public:
  GradientChecker(Net<double>& net, const GradientCheckOptions& options) : net_(net), options_(options) {}

  std::vector<TensorCheck> run() {
    randomise_parameters();
    loss();
    net_.backward();
    const auto& parameters = net_.parameters();
    std::vector<TensorCheck> checks;
    std::vector<std::vector<double>> gradients;  // all of them first: the differences run the net again
    for (const auto& parameter : parameters) gradients.push_back(download(parameter.gradient, parameter.elements()));
    const std::vector<double> input_gradient = net_.input_gradient();
    for (size_t p = 0; p < parameters.size(); ++p)
      checks.push_back(check(parameters[p].name, parameters[p].value, gradients[p]));
    checks.push_back(check("input", net_.input(), input_gradient));
    return checks;
  }

 private:
  void randomise_parameters() {
    const auto& parameters = net_.parameters();
    for (size_t p = 0; p < parameters.size(); ++p) {
      const ParameterSpec& spec = parameters[p].spec;
      const Initializer initializer =
          spec.is_bias() ? Initializer{Initializer::Kind::normal, 0.1} : Initializer{Initializer::Kind::he, 0};
      const auto values =
          draw_initial_values(initializer, options_.seed, uint32_t(p), spec.elements(), spec.fan_in, spec.fan_out);
      const std::vector<double> converted(values.begin(), values.end());
      net_.device().upload(parameters[p].value, converted.data(), converted.size() * sizeof(double));
    }
  }

  double loss() {
    net_.forward(/*training=*/true, options_.seed, /*step=*/0);
    return net_.result().loss;
  }

  std::vector<double> download(const double* from, size_t elements) const {
    std::vector<double> values(elements);
    net_.device().download(values.data(), from, elements * sizeof(double));
    return values;
  }

  double loss_at(double* place, double value) {
    net_.device().upload(place, &value, sizeof value);
    return loss();
  }

  TensorCheck check(const std::string& name, double* values, const std::vector<double>& analytic) {
    TensorCheck result{.name = name};
    double difference = 0, numeric_norm = 0, analytic_norm = 0;
    for (const size_t entry : entries(analytic.size())) {
      double value = 0;
      net_.device().download(&value, values + entry, sizeof value);
      const auto central = [&](double h) {
        return (loss_at(values + entry, value + h) - loss_at(values + entry, value - h)) / (2 * h);
      };
      const double h = options_.step, numeric = central(h), halved = central(h / 2);
      loss_at(values + entry, value);
      // A smooth function's two estimates differ by O(h^2) and by rounding; across a kink they differ by its jump.
      if (std::abs(numeric - halved) > 1e-6 * std::abs(numeric) + rounding()) {
        ++result.kinks;
        continue;
      }
      ++result.checked;
      difference += std::pow(numeric - analytic[entry], 2);
      numeric_norm += numeric * numeric;
      analytic_norm += analytic[entry] * analytic[entry];
    }
    const double norm = std::sqrt(std::max(numeric_norm, analytic_norm));
    result.error = norm > 0 ? std::sqrt(difference) / norm : 0;
    const bool only_rounding = std::sqrt(difference) <= rounding() * std::sqrt(double(result.checked));
    result.passed = result.checked > 0 && (result.error <= options_.tolerance || only_rounding);
    return result;
  }

  // What rounding of a loss of size one, some thousand operations deep, does to a central difference.
  double rounding() const { return 1e-14 / options_.step; }

  std::vector<size_t> entries(size_t count) const {
    const size_t wanted = std::min(count, size_t(options_.samples));
    std::vector<size_t> chosen;
    if (wanted == count) {
      for (size_t i = 0; i < count; ++i) chosen.push_back(i);
      return chosen;
    }
    const Random random(options_.seed, Purpose::shuffle, count);
    for (uint64_t draw = 0; chosen.size() < wanted; ++draw) {
      const size_t entry = random.below(draw, count);
      if (std::find(chosen.begin(), chosen.end(), entry) == chosen.end()) chosen.push_back(entry);
    }
    return chosen;
  }

  Net<double>& net_;
  GradientCheckOptions options_;
};

}  // namespace

std::vector<TensorCheck> check_gradients(Net<double>& net, const GradientCheckOptions& options) {
  return GradientChecker(net, options).run();
}

}  // namespace tandem
