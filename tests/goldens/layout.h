// Between the goldens' channels-first arrays and the engine's channels-last ones. One permutation serves them all:
// [outer][channels][inner] to [outer][inner][channels] and back.
#pragma once
#include <vector>

#include "engine/device/tensor.h"

namespace tandem::test {

struct ChannelLayout {
  long outer = 1, channels = 1, inner = 1;

  // Of a golden tensor by its shape: activations NCHW, convolution weights OIHW, local weights [OH][OW][O][C][kh][kw],
  // local biases [O][OH][OW]; matrices and vectors have nothing to permute.
  static ChannelLayout of(const std::vector<long>& shape);
  // Of `outer` rows that are images of this shape: a batch, or the weights of a fully-connected layer that reads it.
  static ChannelLayout of_images(long outer, const ImageShape& image);

  std::vector<double> channels_last(const std::vector<double>& golden) const;
  std::vector<double> channels_first(const std::vector<double>& engine) const;
};

}  // namespace tandem::test
