// Grids of small pictures: a network's filters, and what it makes of its inputs.
#pragma once
#include <span>
#include <vector>

#include "engine/report/image.h"

namespace tandem {

// Cells of one size, `columns` a row, `gap` pixels of white between them and around.
Image image_grid(const std::vector<Image>& cells, int columns, int gap);

// The filters of a first layer, weights [outputs][height][width][channels], as in the paper's figure 3: three channels
// as colours, one as grey, each filter stretched from its own minimum (black) to its own maximum (white); one without
// contrast is grey, and a weight that is not finite is magenta. Each of the `groups` groups of outputs is a block of
// rows of its own. An Error for other channels.
Image filter_grid(std::span<const float> weights, int outputs, int height, int width, int channels, int columns = 16,
                  int scale = 4, int groups = 1);

// Pictures of one size, framed green where the prediction is the true class, red where it is not.
Image prediction_grid(const std::vector<Image>& images, std::span<const int> truth, std::span<const int> predicted,
                      int columns = 8, int scale = 2);

}  // namespace tandem
