// Shapes of convolution that the kernels of every step of its ladder are tried with, and the definition of a window.
#pragma once
#include <string>
#include <vector>

#include "kernels/shapes.h"

namespace tandem::test {

inline Convolution convolution(int batch, int height, int width, int channels, int out_channels, int kernel, int stride,
                               int groups, Padding pad) {
  Convolution p{batch, height, width, channels, out_channels, kernel, stride, groups, pad};
  p.out_height = (height + pad.top + pad.bottom - kernel) / stride + 1;
  p.out_width = (width + pad.left + pad.right - kernel) / stride + 1;
  return p;
}

inline const std::vector<Convolution>& convolution_shapes() {
  static const std::vector<Convolution> all = {
      convolution(2, 15, 14, 3, 8, 11, 4, 1, {0, 0, 3, 3}),  // AlexNet's first layer, small
      convolution(3, 8, 7, 1, 4, 5, 1, 1, {2, 2, 2, 2}),     // LeNet's first
      convolution(2, 6, 7, 96, 64, 5, 1, 2, {2, 2, 2, 2}),   // two groups of whole vectors
      convolution(2, 5, 6, 64, 8, 3, 1, 1, {1, 1, 1, 1}),    // one group of whole vectors
      convolution(1, 5, 5, 33, 3, 3, 1, 3, {1, 1, 1, 1}),    // three groups of 11
      convolution(2, 7, 6, 5, 5, 3, 2, 5, {1, 2, 0, 3}),     // a group a channel, four different paddings
      convolution(2, 9, 8, 5, 4, 2, 3, 1, {0, 0, 0, 0}),     // stride > kernel: pixels that no window reads
      convolution(1, 9, 9, 32, 4, 1, 2, 1, {0, 0, 0, 0}),    // 1 x 1, stride 2
      convolution(1, 3, 2, 16, 4, 5, 1, 1, {4, 4, 4, 4}),    // windows wholly in the padding
      convolution(300, 2, 2, 2, 2, 2, 1, 1, {1, 0, 0, 1}),   // many small images
      convolution(1, 1, 1, 2080, 2, 1, 1, 1, {0, 0, 0, 0}),  // more channels than a block has threads
      convolution(1, 2, 2, 1029, 1, 1, 1, 1, {0, 0, 0, 0}),  // the same, and no multiple of a vector
      convolution(1, 2, 2, 2062, 2, 2, 1, 2, {1, 0, 0, 0}),  // a group of a prime number of them
      convolution(1, 2, 40, 700, 2, 2, 1, 1, {0, 1, 1, 0}),  // a long run that is no multiple of a vector
  };
  return all;
}

inline std::string name(const Convolution& p) {
  return std::to_string(p.batch) + "x" + std::to_string(p.height) + "x" + std::to_string(p.width) + "x" +
         std::to_string(p.channels) + " kernel " + std::to_string(p.kernel) + " stride " + std::to_string(p.stride) +
         " groups " + std::to_string(p.groups);
}

// Calls visit(row, tap, index into x or -1 for padding) for the whole im2col matrix of a group: the definition.
template <class Visit>
void for_each_tap(const Convolution& p, int group, Visit visit) {
  long row = 0;
  for (int n = 0; n < p.batch; ++n)
    for (int oh = 0; oh < p.out_height; ++oh)
      for (int ow = 0; ow < p.out_width; ++ow, ++row) {
        int tap = 0;
        for (int kh = 0; kh < p.kernel; ++kh)
          for (int kw = 0; kw < p.kernel; ++kw)
            for (int c = 0; c < p.group_channels(); ++c, ++tap) {
              const int h = oh * p.stride - p.pad.top + kh, w = ow * p.stride - p.pad.left + kw;
              const bool inside = h >= 0 && h < p.height && w >= 0 && w < p.width;
              const long pixel = (long(n) * p.height + h) * p.width + w;
              visit(row, tap, inside ? pixel * p.channels + group * p.group_channels() + c : -1L);
            }
      }
}

inline size_t inputs(const Convolution& p) { return size_t(p.batch) * p.height * p.width * p.channels; }

}  // namespace tandem::test
