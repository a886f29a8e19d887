#include "engine/report/neighbour_svg.h"

#include <algorithm>

#include "engine/report/numbers.h"
#include "engine/report/svg.h"

namespace tandem {

namespace {

constexpr int kMargin = 16, kSide = 112, kGap = 12, kFirstGap = 36, kText = 44;
constexpr size_t kLetters = 15;

std::string centred(double x, double y, const std::string& text, const std::string& style) {
  return svg::text(x + kSide / 2.0, y, svg::shortened(text, kLetters), "text-anchor=\"middle\" " + style);
}

std::string frame(double x, double y, std::optional<bool> is_same) {
  if (!is_same) return "";
  return svg::rectangle(
      x - 1.5, y - 1.5, kSide + 3, kSide + 3,
      "fill=\"none\" stroke-width=\"3\" stroke=\"" + std::string(*is_same ? "#2ca02c" : "#d62728") + "\"");
}

std::string draw_neighbour(double x, double y, const NeighbourRow::Neighbour& neighbour) {
  return svg::image(x, y, kSide, neighbour.image) + frame(x, y, neighbour.is_same) +
         centred(x, y + kSide + 16, neighbour.name, "font-size=\"11\"") +
         centred(x, y + kSide + 29, fixed(neighbour.distance, 2), "font-size=\"10\" fill=\"#777777\"");
}

}  // namespace

std::string neighbour_svg(const std::vector<NeighbourRow>& rows) {
  std::string body;
  size_t most = 0;
  for (size_t r = 0; r < rows.size(); ++r) {
    const double y = kMargin + double(r) * (kSide + kText);
    body += svg::image(kMargin, y, kSide, rows[r].image);
    body += centred(kMargin, y + kSide + 16, rows[r].caption, "font-weight=\"bold\"");
    for (size_t n = 0; n < rows[r].neighbours.size(); ++n)
      body += draw_neighbour(kMargin + kSide + kFirstGap + double(n) * (kSide + kGap), y, rows[r].neighbours[n]);
    most = std::max(most, rows[r].neighbours.size());
  }
  const int width = 2 * kMargin + kSide + kFirstGap + int(most) * (kSide + kGap) - kGap;
  const double line = kMargin + kSide + kFirstGap / 2.0;
  const int height = 2 * kMargin + int(rows.size()) * (kSide + kText);
  return svg::document(width, height, body + svg::line(line, kMargin, line, height - kMargin, "stroke=\"#cccccc\""));
}

}  // namespace tandem
