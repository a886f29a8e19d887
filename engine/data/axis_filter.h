// The weights that resample one axis of an image. Two of them, one after the other, resize an image.
#pragma once
#include <cstdint>
#include <vector>

namespace tandem {

// Output sample o is the sum over t < taps of weights[o * taps + t] * input[first[o] + t].
struct AxisFilter {
  int taps = 1;
  std::vector<int32_t> first;
  std::vector<float> weights;  // those of one output sample add up to 1

  int outputs() const { return int(first.size()); }
};

// Linear interpolation with half-pixel centres: output sample o sits at c = (o + 1/2) * in / out, and input sample i,
// at i + 1/2, weighs max(0, 1 - |i + 1/2 - c| / r), normalised over the samples that exist. r = max(1, in / out): when
// an axis shrinks the triangle widens, so that every input sample is heard (antialiasing). With in = out the filter
// copies. This is what Pillow's BILINEAR and PyTorch's interpolate(mode="bilinear", antialias=True) compute.
AxisFilter linear_filter(int in, int out);

// A float image of rows `width` pixels long, [.][width][channels], to [rows.outputs()][columns.outputs()][channels]:
// for a mean image. (Images themselves are resized by kernels/augment.cu.)
std::vector<float> resample(const std::vector<float>& image, int width, int channels, const AxisFilter& rows,
                            const AxisFilter& columns);

}  // namespace tandem
