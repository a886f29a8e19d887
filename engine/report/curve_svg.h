// Learning curves as SVG.
#pragma once
#include <string>
#include <vector>

namespace tandem {

struct Series {
  std::string name;
  std::vector<double> x, y;  // of equal length, x ascending
};

// A chart of all series over common axes, with a legend; a complete SVG document of 760 x 440 pixels. Points that are
// not finite, or not positive under `log_y`, leave a gap. A series of more than 2000 points is drawn through the lowest
// and the highest point of each of 1000 stretches, so that no peak is lost. Text may hold any UTF-8 characters. An
// Error if a series has more x than y or the reverse.
std::string curve_svg(const std::string& title, const std::string& x_label, const std::string& y_label,
                      const std::vector<Series>& series, bool log_y = false);

}  // namespace tandem
