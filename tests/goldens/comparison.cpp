#include "tests/goldens/comparison.h"

#include <algorithm>
#include <cmath>

namespace tandem::test {
namespace {

// Below this, numbers are denormals that an engine may flush to zero, or their neighbours.
constexpr double kFlushed = 1e-37;

double relative(double error, double size, double flushed) {
  if (std::isnan(error)) return HUGE_VAL;
  return error <= flushed ? 0 : error / size;
}

}  // namespace

double l2_norm(const std::vector<double>& x) {
  double sum = 0;
  for (double value : x) sum += value * value;
  return std::isnan(sum) ? HUGE_VAL : std::sqrt(sum);
}

double l2_distance(const std::vector<double>& x, const std::vector<double>& y) {
  if (x.size() != y.size()) return HUGE_VAL;
  std::vector<double> difference(x.size());
  std::transform(x.begin(), x.end(), y.begin(), difference.begin(), std::minus<>());
  return l2_norm(difference);
}

void Comparison::record(const std::string& what, double error, double tolerance) {
  ++count_;
  const double ratio = error == 0 ? 0 : error / tolerance;
  if (ratio <= worst_) return;
  worst_ = ratio;
  what_ = what;
  error_ = error;
  tolerance_ = tolerance;
}

void Comparison::close(const std::string& what, const std::vector<double>& actual, const std::vector<double>& expected,
                       double tolerance) {
  close(what, actual, expected, tolerance, l2_norm(expected));
}

void Comparison::close(const std::string& what, const std::vector<double>& actual, const std::vector<double>& expected,
                       double tolerance, double size) {
  record(what, relative(l2_distance(actual, expected), size, kFlushed * std::sqrt(double(expected.size()))), tolerance);
}

void Comparison::each_close(const std::string& what, const std::vector<double>& actual,
                            const std::vector<double>& expected, double tolerance) {
  double worst = actual.size() == expected.size() ? 0 : HUGE_VAL;
  for (size_t i = 0; i < actual.size() && i < expected.size(); ++i)
    worst = std::max(worst, relative(std::abs(actual[i] - expected[i]), std::abs(expected[i]), kFlushed));
  record(what, worst, tolerance);
}

void Comparison::equal(const std::string& what, const std::vector<double>& actual,
                       const std::vector<double>& expected) {
  each_close(what, actual, expected, 0);
}

}  // namespace tandem::test
