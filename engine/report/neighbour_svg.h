// Images and those that a net finds most like them, as in the paper's figure 4, right.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "engine/report/image.h"

namespace tandem {

struct NeighbourRow {
  struct Neighbour {
    Image image;
    std::string name;  // of its class
    double distance = 0;
    std::optional<bool> is_same;  // the class of the row's own image, if that is known
  };
  Image image;
  std::string caption;
  std::vector<Neighbour> neighbours;  // the nearest first
};

// A complete SVG document: a row each, the image at the left with its caption, then its neighbours, with their class
// and distance, framed green where the class is the image's own and red where it is not.
std::string neighbour_svg(const std::vector<NeighbourRow>& rows);

}  // namespace tandem
