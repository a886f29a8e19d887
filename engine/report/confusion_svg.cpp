#include "engine/report/confusion_svg.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "engine/report/numbers.h"
#include "engine/report/svg.h"
#include "engine/report/table.h"

namespace tandem {

namespace {

constexpr size_t kMostNumbered = 20, kMostNamed = 60, kNameLetters = 18;
constexpr Colour kHit = {0x1f, 0x77, 0xb4}, kMistake = {0xd6, 0x27, 0x28};
constexpr int kMargin = 16, kTitle = 40, kLetter = 7, kBar = 110;  // pixels

struct Layout {
  int cell, left, top;
  bool named, numbered;

  explicit Layout(const std::vector<std::string>& names) {
    const size_t classes = names.size();
    size_t letters = 0;
    for (const std::string& name : names) letters = std::max(letters, std::min(text_width(name), kNameLetters));
    named = classes <= kMostNamed;
    numbered = classes <= kMostNumbered;
    cell = numbered ? 36 : named ? 14 : std::max(1, 800 / int(classes));
    const int room = named ? int(letters) * kLetter + 6 : 0;
    left = kMargin + 16 + room;
    top = kTitle + 16 + room;
  }
};

double share(uint32_t count, uint64_t sum) { return sum > 0 ? double(count) / double(sum) : 0; }

Colour mixed(Colour colour, double intensity) {  // with white
  for (uint8_t& part : colour) part = uint8_t(std::lround(255 + intensity * (part - 255)));
  return colour;
}

uint64_t sum_of(std::span<const uint32_t> row) {
  uint64_t sum = 0;
  for (const uint32_t count : row) sum += count;
  return sum;
}

Image heat_map(std::span<const uint32_t> counts, int classes) {
  Image image(classes, classes);
  for (int truth = 0; truth < classes; ++truth) {
    const auto row = counts.subspan(size_t(truth) * size_t(classes), size_t(classes));
    const uint64_t sum = sum_of(row);
    for (int predicted = 0; predicted < classes; ++predicted) {
      const double part = share(row[size_t(predicted)], sum);
      const Colour colour = truth == predicted ? mixed(kHit, part) : mixed(kMistake, std::sqrt(part));
      std::copy(colour.begin(), colour.end(), image.pixel(truth, predicted));
    }
  }
  return image;
}

std::string draw_names(const Layout& layout, const std::vector<std::string>& names) {
  std::string body;
  for (size_t i = 0; i < names.size(); ++i) {
    const std::string name = svg::shortened(names[i], kNameLetters);
    const double middle = (double(i) + 0.5) * layout.cell + 4, x = layout.left + middle, y = layout.top - 6;
    body += svg::text(layout.left - 6, layout.top + middle, name, "text-anchor=\"end\"");
    body += svg::text(x, y, name, "transform=\"rotate(-90 " + svg::number(x) + " " + svg::number(y) + ")\"");
  }
  return body;
}

std::string draw_counts(const Layout& layout, std::span<const uint32_t> counts, size_t classes) {
  std::string body;
  for (size_t i = 0; i < counts.size(); ++i) {
    if (counts[i] == 0) continue;
    const size_t truth = i / classes, predicted = i % classes;
    const double part = share(counts[i], sum_of(counts.subspan(truth * classes, classes)));
    const bool dark = truth == predicted ? part > 0.5 : std::sqrt(part) > 0.7;
    body += svg::text(layout.left + (double(predicted) + 0.5) * layout.cell,
                      layout.top + (double(truth) + 0.5) * layout.cell + 4, grouped(counts[i]),
                      "text-anchor=\"middle\" font-size=\"10\"" + std::string(dark ? " fill=\"#ffffff\"" : ""));
  }
  return body;
}

// A row's error as a bar: its length is that of the worst class at most.
std::string draw_errors(const Layout& layout, std::span<const uint32_t> counts, size_t classes) {
  std::vector<double> errors(classes, 0);
  for (size_t i = 0; i < classes; ++i)
    if (const uint64_t sum = sum_of(counts.subspan(i * classes, classes)); sum > 0)
      errors[i] = 1 - share(counts[i * classes + i], sum);
  const double worst = std::max(1e-9, *std::max_element(errors.begin(), errors.end()));
  const double x = layout.left + double(classes) * layout.cell + 12;
  std::string body;
  for (size_t i = 0; i < classes; ++i) {
    const double y = layout.top + double(i) * layout.cell, gap = layout.named ? 0.15 * layout.cell : 0;
    const double length = (layout.named ? kBar - 50 : kBar) * errors[i] / worst;
    body += svg::rectangle(x, y + gap, length, layout.cell - 2 * gap, "fill=\"#d62728\" fill-opacity=\"0.6\"");
    if (layout.named)
      body +=
          svg::text(x + length + 5, y + layout.cell / 2.0 + 4, fixed(100 * errors[i], 1) + " %", "font-size=\"11\"");
  }
  return body + svg::text(x, layout.top - 6, "error", "");
}

}  // namespace

std::string confusion_svg(const std::string& title, const std::vector<std::string>& names,
                          std::span<const uint32_t> counts) {
  const size_t classes = names.size();
  if (classes == 0 || counts.size() != classes * classes)
    throw std::logic_error("confusion_svg: one row and one column for each class");
  const Layout layout(names);
  const int side = int(classes) * layout.cell, right = layout.left + side, bottom = layout.top + side;
  const double middle = layout.top + side / 2.0;
  std::string body = svg::text(kMargin, 26, title, "font-size=\"16\"");
  body += svg::image(layout.left, layout.top, side, heat_map(counts, int(classes)));
  body += svg::rectangle(layout.left, layout.top, side, side, "fill=\"none\" stroke=\"#444444\"");
  if (layout.named) body += draw_names(layout, names);
  if (layout.numbered) body += draw_counts(layout, counts, classes);
  body += draw_errors(layout, counts, classes);
  body += svg::text(layout.left + side / 2.0, bottom + 22, "columns: what the net says", "text-anchor=\"middle\"");
  body += svg::text(
      kMargin + 4, middle, "rows: what it is",
      "text-anchor=\"middle\" transform=\"rotate(-90 " + svg::number(kMargin + 4) + " " + svg::number(middle) + ")\"");
  return svg::document(right + 12 + kBar + kMargin, bottom + 40, body);
}

}  // namespace tandem
