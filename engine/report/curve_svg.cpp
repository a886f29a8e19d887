#include "engine/report/curve_svg.h"

#include <algorithm>
#include <limits>

#include "engine/core/error.h"
#include "engine/report/axis.h"
#include "engine/report/svg.h"

namespace tandem {

namespace {

constexpr int kWidth = 760, kHeight = 440;
constexpr int kLeft = 72, kRight = 560, kTop = 48, kBottom = 384;  // of the plot
constexpr size_t kStretches = 1000;
constexpr size_t kMarkedPoints = 40;  // so few points are also marked one by one
const char* const kColours[] = {"#1f77b4", "#d62728", "#2ca02c", "#9467bd", "#ff7f0e", "#17becf", "#8c564b", "#555555"};

// At most two points for each stretch; a stretch without a showable point stays as one, the gap.
Series thin_out(const Series& series, bool log_y) {
  const size_t size = series.y.size();
  if (size <= 2 * kStretches) return series;
  Series thin{series.name, {}, {}};
  for (size_t stretch = 0; stretch < kStretches; ++stretch) {
    const size_t begin = stretch * size / kStretches, end = (stretch + 1) * size / kStretches;
    size_t low = end, high = end;
    for (size_t i = begin; i < end; ++i) {
      if (!is_showable(series.y[i], log_y)) continue;
      if (low == end || series.y[i] < series.y[low]) low = i;
      if (high == end || series.y[i] > series.y[high]) high = i;
    }
    const size_t first = low == end ? begin : std::min(low, high), last = low == end ? begin : std::max(low, high);
    for (size_t i : first == last ? std::vector<size_t>{first} : std::vector<size_t>{first, last}) {
      thin.x.push_back(series.x[i]);
      thin.y.push_back(series.y[i]);
    }
  }
  return thin;
}

struct Range {
  double low = std::numeric_limits<double>::infinity(), high = -low;
  void include(double value) { low = std::min(low, value), high = std::max(high, value); }
  bool empty() const { return low > high; }
};

bool is_shown(const Series& series, size_t i, bool log_y) {
  return is_showable(series.x[i], false) && is_showable(series.y[i], log_y);
}

// One path with a new start after each gap. Lone points, which have no line, and few ones are marked by circles.
std::string draw_series(const Series& series, const Axis& x_axis, const Axis& y_axis, bool log_y,
                        const std::string& colour) {
  std::string path, circles;
  const size_t size = series.y.size();
  auto shown = [&](size_t i) { return i < size && is_shown(series, i, log_y); };
  for (size_t i = 0; i < size; ++i) {
    if (!shown(i)) continue;
    const bool follows = i > 0 && shown(i - 1);
    const std::string x = svg::number(x_axis.pixel(series.x[i])), y = svg::number(y_axis.pixel(series.y[i]));
    path += (follows ? "L" : "M") + x + " " + y;
    if (size <= kMarkedPoints || (!follows && !shown(i + 1)))
      circles += "<circle cx=\"" + x + "\" cy=\"" + y + "\" r=\"2.5\" fill=\"" + colour + "\"/>\n";
  }
  if (path.empty()) return "";
  return "<path d=\"" + path + "\" fill=\"none\" stroke=\"" + colour +
         "\" stroke-width=\"1.6\" stroke-linejoin=\"round\"/>\n" + circles;
}

std::string draw_axes(const Axis& x_axis, const Axis& y_axis, const std::string& x_label, const std::string& y_label) {
  const std::string grid = "stroke=\"#e4e4e4\"", frame = "stroke=\"#444444\"";
  std::string body;
  const std::vector<double> x_ticks = x_axis.ticks(), y_ticks = y_axis.ticks();
  const std::vector<std::string> x_labels = x_axis.labels(), y_labels = y_axis.labels();
  for (size_t i = 0; i < x_ticks.size(); ++i) {
    const double x = x_axis.pixel(x_ticks[i]);
    body += svg::line(x, kTop, x, kBottom, grid) + svg::line(x, kBottom, x, kBottom + 5, frame);
    body += svg::text(x, kBottom + 19, x_labels[i], "text-anchor=\"middle\"");
  }
  for (size_t i = 0; i < y_ticks.size(); ++i) {
    const double y = y_axis.pixel(y_ticks[i]);
    body += svg::line(kLeft, y, kRight, y, grid) + svg::line(kLeft - 5, y, kLeft, y, frame);
    body += svg::text(kLeft - 9, y + 4, y_labels[i], "text-anchor=\"end\"");
  }
  body += svg::line(kLeft, kBottom, kRight, kBottom, frame) + svg::line(kLeft, kTop, kLeft, kBottom, frame);
  body += svg::text((kLeft + kRight) / 2.0, kBottom + 42, x_label, "text-anchor=\"middle\"");
  const double middle = (kTop + kBottom) / 2.0;
  body +=
      svg::text(18, middle, y_label, "text-anchor=\"middle\" transform=\"rotate(-90 18 " + svg::number(middle) + ")\"");
  return body;
}

}  // namespace

std::string curve_svg(const std::string& title, const std::string& x_label, const std::string& y_label,
                      const std::vector<Series>& series, bool log_y) {
  Range x_range, y_range;
  for (const Series& one : series) {
    if (one.x.size() != one.y.size())
      throw Error("curve '" + one.name + "'",
                  "has " + std::to_string(one.x.size()) + " x but " + std::to_string(one.y.size()) + " y values");
    for (size_t i = 0; i < one.y.size(); ++i) {
      if (!is_shown(one, i, log_y)) continue;
      x_range.include(one.x[i]);
      y_range.include(one.y[i]);
    }
  }
  const bool empty = x_range.empty();
  if (empty) x_range = {0, 1}, y_range = log_y ? Range{0.1, 1} : Range{0, 1};
  const Axis x_axis(x_range.low, x_range.high, kLeft, kRight, false);
  const Axis y_axis(y_range.low, y_range.high, kBottom - 8, kTop + 8, log_y);

  std::string body = svg::text((kLeft + kRight) / 2.0, 28, title, "text-anchor=\"middle\" font-size=\"16\"");
  body += draw_axes(x_axis, y_axis, x_label, y_label);
  if (empty)
    body += svg::text((kLeft + kRight) / 2.0, (kTop + kBottom) / 2.0, "no values yet", "text-anchor=\"middle\"");
  for (size_t i = 0; i < series.size(); ++i) {
    const std::string colour = kColours[i % std::size(kColours)];
    const double y = kTop + 12 + 20.0 * static_cast<double>(i);
    body += draw_series(thin_out(series[i], log_y), x_axis, y_axis, log_y, colour);
    body += svg::line(kRight + 16, y, kRight + 40, y, "stroke=\"" + colour + "\" stroke-width=\"2.5\"");
    body += svg::text(kRight + 47, y + 4, series[i].name, "");
  }
  return svg::document(kWidth, kHeight, body);
}

}  // namespace tandem
