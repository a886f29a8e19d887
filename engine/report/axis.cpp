#include "engine/report/axis.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "engine/report/numbers.h"

namespace tandem {

namespace {

std::vector<double> linear_ticks(double low, double high) {
  const double rough = (high - low) / 6;
  const double power = std::pow(10, std::floor(std::log10(rough)));
  const double fraction = rough / power;
  const double step = power * (fraction <= 1 ? 1 : fraction <= 2 ? 2 : fraction <= 5 ? 5 : 10);
  std::vector<double> ticks;
  // Counting steps instead of adding them up keeps the ticks round; the slack keeps those on the bounds.
  const double first = std::ceil(low / step - 1e-9), last = std::floor(high / step + 1e-9);
  for (double index = first; index <= last && ticks.size() < 20; ++index) ticks.push_back(index * step + 0.0);
  return ticks;
}

bool spans_a_decade(double low, double high) { return high >= 10 * low; }

std::vector<double> logarithmic_ticks(double low, double high) {
  if (!spans_a_decade(low, high)) return linear_ticks(low, high);
  const double decades = std::log10(high / low);
  const std::vector<double> multiples = decades < 3 ? std::vector<double>{1, 2, 5} : std::vector<double>{1};
  const int stride = std::max(1, static_cast<int>(std::ceil(decades / 9)));
  std::vector<double> ticks;
  for (int power = static_cast<int>(std::floor(std::log10(low))); power <= std::log10(high) + 1e-9; power += stride)
    for (double multiple : multiples) {
      const double tick = multiple * std::pow(10, power);
      if (tick >= low * (1 - 1e-9) && tick <= high * (1 + 1e-9)) ticks.push_back(tick);
    }
  return ticks;
}

// As few as show the tick exactly, rounding errors aside.
int decimals_of(double tick) {
  int decimals = 0;
  for (double power = 1; decimals < 7 && std::abs(tick - std::round(tick * power) / power) > 1e-6 * std::abs(tick);
       power *= 10)
    ++decimals;
  return decimals;
}

std::string label(double tick, int decimals) {
  if (std::abs(tick) < 1e7 && decimals <= 5) return fixed(tick, decimals);
  char text[32];
  std::snprintf(text, sizeof text, "%.6g", tick);
  return text;
}

}  // namespace

bool is_showable(double value, bool logarithmic) {
  return std::abs(value) < 1e300 && (!logarithmic || value > 1e-300);  // false for NaN
}

Axis::Axis(double low, double high, double first_pixel, double last_pixel, bool logarithmic)
    : low_(low), high_(high), first_pixel_(first_pixel), last_pixel_(last_pixel), logarithmic_(logarithmic) {
  const double size = std::max(std::abs(low), std::abs(high));
  if (high - low > 1e-9 * size) return;
  // One value only, or values that rounding cannot tell apart: give it room to both sides.
  const double room = size > 0 ? size / 2 : 0.5;
  low_ = low - room;
  high_ = high + room;
}

double Axis::pixel(double value) const {
  const double fraction =
      logarithmic_ ? std::log(value / low_) / std::log(high_ / low_) : (value - low_) / (high_ - low_);
  return first_pixel_ + fraction * (last_pixel_ - first_pixel_);
}

std::vector<double> Axis::ticks() const {
  return logarithmic_ ? logarithmic_ticks(low_, high_) : linear_ticks(low_, high_);
}

std::vector<std::string> Axis::labels() const {
  const std::vector<double> values = ticks();
  const bool powers = logarithmic_ && spans_a_decade(low_, high_);
  int most = 0;
  for (double value : values) most = std::max(most, decimals_of(value));
  std::vector<std::string> labels;
  for (double value : values) labels.push_back(label(value, powers ? decimals_of(value) : most));
  return labels;
}

}  // namespace tandem
