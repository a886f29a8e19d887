#include "tests/goldens/layout.h"

#include "engine/core/error.h"

namespace tandem::test {
namespace {

// [outer][rows][columns] to [outer][columns][rows].
std::vector<double> transpose(const std::vector<double>& from, long outer, long rows, long columns) {
  if (long(from.size()) != outer * rows * columns)
    throw Error("layout", std::to_string(from.size()) + " values where " + std::to_string(outer * rows * columns) +
                              " were expected");
  std::vector<double> to(from.size());
  for (long o = 0; o < outer; ++o)
    for (long r = 0; r < rows; ++r)
      for (long c = 0; c < columns; ++c) to[(o * columns + c) * rows + r] = from[(o * rows + r) * columns + c];
  return to;
}

}  // namespace

ChannelLayout ChannelLayout::of(const std::vector<long>& s) {
  switch (s.size()) {
    case 6:
      return {s[0] * s[1] * s[2], s[3], s[4] * s[5]};
    case 4:
      return {s[0], s[1], s[2] * s[3]};
    case 3:
      return {1, s[0], s[1] * s[2]};
    case 2:
      return {s[0], s[1], 1};
    case 1:
      return {1, s[0], 1};
    default:
      throw Error("layout", "no golden tensor has " + std::to_string(s.size()) + " dimensions");
  }
}

ChannelLayout ChannelLayout::of_images(long outer, const ImageShape& image) {
  return {outer, image.channels, long(image.height) * image.width};
}

std::vector<double> ChannelLayout::channels_last(const std::vector<double>& golden) const {
  return transpose(golden, outer, channels, inner);
}

std::vector<double> ChannelLayout::channels_first(const std::vector<double>& engine) const {
  return transpose(engine, outer, inner, channels);
}

}  // namespace tandem::test
