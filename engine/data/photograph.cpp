#include "engine/data/photograph.h"

#include "engine/core/error.h"
#include "engine/data/decode.h"
#include "engine/data/resize.h"

namespace tandem {

std::string to_string(Framing framing) { return framing == Framing::centre_square ? "centre-square" : "whole"; }

Image read_photograph(const std::filesystem::path& path, int side, Framing framing) {
  // A JPEG decoded at half the size or less is resampled once more by at least a factor of 2, so that what the smaller
  // transform lets through is averaged out: the same rule as Pillow's for its thumbnails (reducing_gap = 2).
  const Image image = read_image(path, 2 * side);
  return framing == Framing::whole ? resize_short_side(image, side, path.string())
                                   : resize_to_square(image, side, path.string());
}

void check_photograph_side(int side, const std::string& where) {
  if (side < 1 || side > kMaximumPhotographSide)
    throw UsageError(where, std::to_string(side) + " is not possible",
                     "choose 1 to " + std::to_string(kMaximumPhotographSide));
}

}  // namespace tandem
