#include "layers/window.h"

#include <limits>
#include <vector>

#include "engine/core/error.h"

namespace tandem {
namespace {

constexpr long kLargestPad = 1 << 15;

Padding parse_padding(const Options& options) {
  const std::vector<long> sides =
      options.is_array("pad") ? options.integers("pad") : std::vector<long>(4, options.integer("pad", 0));
  if (sides.size() != 4)
    throw UsageError(options.where("pad"), "takes one number or four, found " + std::to_string(sides.size()),
                     "four numbers are [top, left, bottom, right]");
  for (const long side : sides)
    if (side < 0 || side > kLargestPad)
      throw UsageError(options.where("pad"),
                       "should be from 0 to " + std::to_string(kLargestPad) + " pixels, found " + std::to_string(side));
  return {int(sides[0]), int(sides[1]), int(sides[2]), int(sides[3])};
}

Rounding parse_rounding(const Options& options) {
  const std::string rounding = options.text("rounding", "floor");
  if (rounding != "floor" && rounding != "ceil")
    throw UsageError(options.where("rounding"), "should be 'floor' or 'ceil', found '" + rounding + "'");
  return rounding == "floor" ? Rounding::floor : Rounding::ceil;
}

std::string size_text(long height, long width) { return std::to_string(height) + "x" + std::to_string(width); }

}  // namespace

Window parse_window(const Options& options) {
  return {options.count("kernel"), options.count("stride", 1), parse_padding(options), Rounding::floor};
}

Window parse_pool_window(const Options& options) {
  const Window window{options.count("kernel"), options.count("stride"), parse_padding(options),
                      parse_rounding(options)};
  const Padding& pad = window.pad;
  for (const int side : {pad.top, pad.left, pad.bottom, pad.right})
    if (side >= window.kernel)
      throw UsageError(options.where("pad"),
                       "a pad of " + std::to_string(side) + " leaves a window of " +
                           size_text(window.kernel, window.kernel) + " without any pixel",
                       "pad by less than the kernel");
  return window;
}

long windows_along(long size, long pad_before, long pad_after, const Window& window) {
  const long room = size + pad_before + pad_after - window.kernel;
  if (window.rounding == Rounding::floor) return room / window.stride + 1;
  const long count = (room + window.stride - 1) / window.stride + 1;
  return (count - 1) * window.stride >= size + pad_before ? count - 1 : count;
}

ImageShape windows_over(const ImageShape& input, const Window& window, int channels, const std::string& where) {
  const Padding& pad = window.pad;
  const long padded_height = long(input.height) + pad.top + pad.bottom;
  const long padded_width = long(input.width) + pad.left + pad.right;
  if (window.kernel > padded_height || window.kernel > padded_width)
    throw UsageError(where,
                     "a kernel of " + size_text(window.kernel, window.kernel) + " does not fit into its input " +
                         input.text() + ", which is " + size_text(padded_height, padded_width) + " with its padding",
                     "use a smaller kernel or more padding");
  const long height = windows_along(input.height, pad.top, pad.bottom, window);
  const long width = windows_along(input.width, pad.left, pad.right, window);
  constexpr int kMost = std::numeric_limits<int>::max();
  if (double(height) * double(width) * channels > kMost)
    throw UsageError(where, "an output of " + size_text(height, width) + "x" + std::to_string(channels) +
                                " has more values than the " + std::to_string(kMost) + " an image may have");
  return {int(height), int(width), channels};
}

Pool pool_shape(const ImageShape& input, const Window& window, const ImageShape& output) {
  return {.batch = 0,
          .height = input.height,
          .width = input.width,
          .channels = input.channels,
          .kernel_height = window.kernel,
          .kernel_width = window.kernel,
          .stride = window.stride,
          .pad = window.pad,
          .out_height = output.height,
          .out_width = output.width,
          .count_padding = false};
}

}  // namespace tandem
