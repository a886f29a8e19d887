// engine/data/idx: a file of labels, then one of images.
#include "engine/data/idx.h"

#include "tests/fuzz/target.h"

void tandem::fuzz::read(Bytes input) {
  const auto [labels, images] = split(input);
  write("t10k-labels-idx1-ubyte", labels);
  write("t10k-images-idx3-ubyte", images);
  const auto dataset = open_idx(scratch().path(), Split::test);
  std::vector<uint8_t> pixels(size_t(dataset->format().elements()));
  int32_t label = 0;
  for (long i = 0; i < dataset->size(); ++i) {
    dataset->read(i, pixels.data(), &label);
    touch(std::span<const uint8_t>(pixels));
  }
}
