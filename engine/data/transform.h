// From an 8-bit image of the data set to the float input of the network: resize, crop, flip, subtract, colour, scale.
// Here is the plan of it: which images and which draws. Augmenter carries it out on the device.
#pragma once
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "engine/data/axis_filter.h"
#include "engine/data/colour_pca.h"
#include "engine/data/dataset.h"
#include "engine/data/normaliser.h"
#include "kernels/shapes.h"

namespace tandem {

// What is subtracted from a window of an image, when there is a mean image.
enum class MeanCrop {
  centre,  // the mean image's centre, never mirrored, whatever the window: the original code
  window,  // the same window of the mean image, mirrored with it: the mean is subtracted, then the window is cut
};

// The recipe's spelling: "centre", "window". Throws UsageError for anything else.
MeanCrop mean_crop_from_name(const std::string& name);

// The recipe's `input` table.
struct InputRecipe {
  Subtract subtract = Subtract::none;
  double scale = 1;
  int resize = 0;  // images become resize x resize (see linear_filter); 0 leaves them as they are
  MeanCrop mean_crop = MeanCrop::centre;
};

// What is added to all pixels of a training image, where p and l are the eigenvectors and eigenvalues of the covariance
// of the training set's colours, and a three normal numbers, drawn once an image and epoch.
enum class ColourRule {
  none,
  paper,         // [p1 p2 p3] [a1 l1, a2 l2, a3 l3]^T (section 4.1), for values from 0 to 1
  cuda_convnet,  // the original code: sqrt(l) in l's place, and the sum is divided by 1 + the deviation of a
};

// The recipe's spelling: "none", "paper", "cuda-convnet". Throws UsageError for anything else.
ColourRule colour_rule_from_name(const std::string& name);

// The recipe's `augment.colour` table.
struct ColourRecipe {
  ColourRule rule = ColourRule::none;
  double deviation = 0.1;  // standard deviation of a
  int epochs = 0;          // the noise is left out after so many epochs; 0: never
};

// The recipe's `augment` table.
struct AugmentRecipe {
  int crop = 0;       // the network sees crop x crop windows, anywhere in training, the centre in test; 0: whole images
  bool flip = false;  // in training, half of the images are mirrored left to right
  ColourRecipe colour = {};
};

// What the recipes want to know of the training set.
struct TrainingStatistics {
  Normaliser normaliser;
  std::optional<ColourPca> colours;  // where there is to be colour noise
};

// Reads the training set once, unless its statistics are stored or nothing is wanted.
TrainingStatistics measure_training_set(const InputRecipe& input, const AugmentRecipe& augment,
                                        const Dataset& training);

class Transform {
 public:
  // `source` is the data set's format, as is the normaliser's; `colours` are the training set's, where the recipe wants
  // colour noise. Throws UsageError for sizes, a crop, a scale or a noise that cannot be.
  Transform(ImageFormat source, const InputRecipe& input, const AugmentRecipe& augment, const Normaliser& normaliser,
            const std::optional<ColourPca>& colours = {});

  ImageFormat source() const { return source_; }
  ImageFormat resized() const { return resized_; }
  ImageFormat output() const { return output_; }
  const AxisFilter& rows() const { return rows_; }  // from source to resized
  const AxisFilter& columns() const { return columns_; }
  const std::vector<float>& mean() const { return mean_; }  // image, [resized height][resized width][channels]

  CropWindow centre() const;
  // The paper's ten windows for testing (section 4.1): the four corners and the centre, then the same mirrored. Where a
  // side is not cropped, corners coincide.
  std::array<CropWindow, 10> ten_views() const;

  // What the network is shown of an image through this window in test: no noise.
  ImageDraw view(const CropWindow& window) const;
  // What it is shown of training image `index` in an epoch: a pure function of the arguments.
  ImageDraw draw(uint64_t seed, long epoch, long index) const;

 private:
  ImageFormat source_, resized_, output_;
  bool flip_;
  float scale_;
  MeanCrop mean_crop_;
  AxisFilter rows_, columns_;
  std::vector<float> mean_;
  ColourRecipe colour_;
  ColourPca noise_;  // the eigenvalues are what the rule multiplies its draws with, for values from 0 to 255
};

}  // namespace tandem
