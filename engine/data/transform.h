// From an 8-bit image of the data set to the float input of the network: resize, crop, flip, subtract, scale.
#pragma once
#include <array>
#include <cstdint>
#include <vector>

#include "engine/data/axis_filter.h"
#include "engine/data/dataset.h"
#include "engine/data/normaliser.h"

namespace tandem {

// The recipe's `input` table.
struct InputRecipe {
  Subtract subtract = Subtract::none;
  double scale = 1;
  int resize = 0;  // images become resize x resize (see linear_filter); 0 leaves them as they are
};

// The recipe's `augment` table.
struct AugmentRecipe {
  int crop = 0;       // the network sees crop x crop windows, anywhere in training, the centre in test; 0: whole images
  bool flip = false;  // in training, half of the images are mirrored left to right
};

// Which part of the resized image is taken: crop x crop from (top, left), then mirrored if `flip`.
struct CropWindow {
  int top = 0, left = 0;
  bool flip = false;

  bool operator==(const CropWindow&) const = default;
};

class Transform {
 public:
  // `source` is the data set's format, as is the normaliser's. Throws UsageError for sizes, a crop or a scale that
  // cannot be.
  Transform(ImageFormat source, const InputRecipe& input, const AugmentRecipe& augment, const Normaliser& normaliser);

  ImageFormat source() const { return source_; }
  ImageFormat output() const { return output_; }

  CropWindow centre() const;
  // The paper's ten windows for testing (section 4.1): the four corners and the centre, then the same mirrored. Where a
  // side is not cropped, corners coincide.
  std::array<CropWindow, 10> ten_views() const;
  // The window of training image `index` in an epoch: a pure function of its arguments, drawn once per image and epoch.
  CropWindow draw(uint64_t seed, long epoch, long index) const;

  // Writes output() floats, HWC: (pixel - mean) * scale. The mean image is resized as the images are and its centre
  // crop is subtracted whatever the window, never mirrored, as cuda-convnet did. Uses scratch of this object: one
  // thread, one Transform.
  void apply(const uint8_t* image, CropWindow window, float* out);

 private:
  template <class Pixel>
  void resample(const Pixel* image, CropWindow window, float* out);

  ImageFormat source_, resized_, output_;
  bool flip_;
  float scale_;
  AxisFilter rows_, columns_;
  std::vector<float> narrowed_;  // [source height][output width][channels]: the window's columns, all rows
  std::vector<float> mean_;      // like the output
};

}  // namespace tandem
