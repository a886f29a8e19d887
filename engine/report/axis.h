// One axis of a chart: from values to pixels, and where its ticks are.
#pragma once
#include <string>
#include <vector>

namespace tandem {

// A finite value a chart can show: huge ones would overflow the arithmetic of a range.
bool is_showable(double value, bool logarithmic);

class Axis {
 public:
  // Shows [low, high] (made a real interval where it is none) between two pixel positions, which may descend as SVG's y
  // does. Both bounds must be showable.
  Axis(double low, double high, double first_pixel, double last_pixel, bool logarithmic);

  double pixel(double value) const;  // of a showable value
  // Round numbers inside the range, two to ten: multiples of 1, 2 or 5 times a power of ten; on a logarithmic axis that
  // spans enough, powers of ten with or without their 2nd and 5th multiples.
  std::vector<double> ticks() const;
  // Their labels: with as few decimals as tell them apart, the same for all unless they are powers of ten; "1e-06" and
  // the like where that would be long.
  std::vector<std::string> labels() const;

 private:
  double low_, high_, first_pixel_, last_pixel_;
  bool logarithmic_;
};

}  // namespace tandem
