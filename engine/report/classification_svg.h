// What a net takes images for, as in the paper's figure 4, left.
#pragma once
#include <string>
#include <vector>

#include "engine/report/image.h"

namespace tandem {

struct ClassifiedImage {
  struct Bar {
    std::string name;
    double probability = 0;
    bool is_true = false;  // the image's own class, if it is known
  };
  Image image;
  std::string caption;
  std::vector<Bar> bars;  // the likeliest first
};

// A complete SVG document: each image with its caption and below them a bar for each class, red for the true one, blue
// for the others. At most four images stand side by side.
std::string classification_svg(const std::vector<ClassifiedImage>& images);

}  // namespace tandem
