// Windows that slide over an image: what a net file says about them, and how many fit.
#pragma once
#include <string>

#include "engine/core/options.h"
#include "engine/device/tensor.h"
#include "kernels/shapes.h"

namespace tandem {

// What happens to pixels left over at the right and bottom edge: floor ignores them, ceil adds a window that hangs
// over.
enum class Rounding { floor, ceil };

struct Window {
  int kernel = 1, stride = 1;
  Padding pad;
  Rounding rounding = Rounding::floor;
};

// Of convolution and local: kernel, stride = 1, pad = 0. `pad` is one number or [top, left, bottom, right].
Window parse_window(const Options& options);

// Of pools: kernel, stride, pad = 0, rounding = "floor" or "ceil". No side's pad may reach the kernel, or a window
// would see nothing but padding.
Window parse_pool_window(const Options& options);

// How many windows fit along `size` pixels between pads: floor((size + pads - kernel) / stride) + 1, or the same with
// ceil, less a last window that would begin beyond the last real pixel.
long windows_along(long size, long pad_before, long pad_after, const Window& window);

// The shape of `channels` values a window. Throws UsageError where the kernel is larger than the padded input or the
// output is larger than the kernels can count.
ImageShape windows_over(const ImageShape& input, const Window& window, int channels, const std::string& where);

// The kernels' view of a pool over an input; the batch is left at 0.
Pool pool_shape(const ImageShape& input, const Window& window, const ImageShape& output);

}  // namespace tandem
