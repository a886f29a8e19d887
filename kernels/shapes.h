// Plain descriptions of what a kernel works on: no pointers, no CUDA. Shared by kernels, engine and layers.
// All activations are NHWC: element (n, h, w, c) lies at ((n * height + h) * width + w) * channels + c.
#pragma once
#include <cstdint>

namespace tandem {

// Zeros around an image, in pixels. Four numbers, because the 2012 conv1 pads right and bottom only.
struct Padding {
  int top = 0, left = 0, bottom = 0, right = 0;
};

// A grouped two-dimensional convolution. Weights are [out_channels][kernel][kernel][channels / groups].
// Output channel o belongs to group o / (out_channels / groups) and reads only that group's input channels.
struct Convolution {
  int batch = 0, height = 0, width = 0, channels = 0;
  int out_channels = 0, kernel = 0, stride = 1, groups = 1;
  Padding pad;
  int out_height = 0, out_width = 0;

  int group_channels() const { return channels / groups; }
  int group_outputs() const { return out_channels / groups; }
  // Rows and columns of the im2col matrix of one group: a row an output pixel, a column a (kh, kw, c) tap.
  long rows() const { return long(batch) * out_height * out_width; }
  int taps() const { return kernel * kernel * group_channels(); }
};

// A pooling window. Windows may overlap (stride < kernel), hang over the padding, and with ceil over the edge itself.
struct Pool {
  int batch = 0, height = 0, width = 0, channels = 0;
  int kernel_height = 0, kernel_width = 0, stride = 1;
  Padding pad;
  int out_height = 0, out_width = 0;
  // Average pooling only: divide by the whole window (true) or by the real inputs in it (false).
  bool count_padding = false;
};

// Local response normalisation: scale = k + alpha * (sum of squares over the window), y = x / scale^beta.
// alpha is never divided by the window's size (the paper's meaning; see docs/architecture.md).
// Across channels, the window is n channels wide and stays inside its group of channels / groups.
// In the same map, it is n x n pixels of one channel, and groups is 1.
struct Lrn {
  int batch = 0, height = 0, width = 0, channels = 0;
  int n = 5, groups = 1;
  double alpha = 1e-4, beta = 0.75, k = 2;
};

// A locally connected layer: a convolution whose filters and biases are not shared between positions.
// Weights are [out_height][out_width][out_channels][kernel][kernel][channels], biases
// [out_height][out_width][out_channels].
struct Local {
  int batch = 0, height = 0, width = 0, channels = 0;
  int out_channels = 0, kernel = 0, stride = 1;
  Padding pad;
  int out_height = 0, out_width = 0;
};

// Names one dropout mask: element i is kept when the Philox draw at counter (i / 4, layer, step) under key `seed`
// is below keep. No mask is stored; backward draws the same one again.
struct DropoutMask {
  double keep = 0.5;
  uint64_t seed = 0, step = 0;
  uint32_t layer = 0;
};

// A window of an image, cut at (top, left) and then mirrored left to right if `flip`. How large is said elsewhere.
struct CropWindow {
  int top = 0, left = 0;
  bool flip = false;

  bool operator==(const CropWindow&) const = default;
};

inline constexpr int kNoiseChannels = 3;

// What the network is shown of one image: gain * (window of the resized image - window of the mean image + noise),
// noise being a number a channel, and 0 from the fourth channel on.
struct ImageDraw {
  CropWindow window, mean_window;
  float gain = 1;
  float noise[kNoiseChannels] = {};

  bool operator==(const ImageDraw&) const = default;
};

// Images of height x width pixels as they are stored become out_height x out_width windows. The mean image is as large
// as a resized image, or as a stored one where images are not resized.
struct Augment {
  int batch = 0, height = 0, width = 0, channels = 0;
  int resized_height = 0, resized_width = 0;
  int out_height = 0, out_width = 0;
};

// The paper's update rule for one tensor: v <- momentum v - decay_rate w - rate g;  w <- w + v. Number is what the
// kernel computes in; decay_rate is the product of decay and rate.
template <class Number>
struct SgdStep {
  Number rate = 0, momentum = 0, decay_rate = 0;

  bool operator==(const SgdStep&) const = default;
};

// Elements that one block of the update handles, all of one tensor.
inline constexpr int kSgdBlock = 1024;

}  // namespace tandem
