// The device's half of a Transform: makes the network's input from a batch of 8-bit images, by kernels/augment.cu.
#pragma once
#include "engine/data/batch_reader.h"
#include "engine/data/transform.h"
#include "engine/device/tensor.h"

namespace tandem {

class Augmenter {
 public:
  // Device memory that one takes, in bytes.
  static size_t memory_use(const Transform& transform, int batch);

  // For batches of up to `batch` images of this transform.
  Augmenter(const Transform& transform, Device& device, int batch);

  // Copies a batch's images and draws to the device. The batch is not needed any more.
  void load(const Batch& batch);
  // From now on, all loaded images are looked at through this window, as in test.
  void look_through(const CropWindow& window);

  // Writes what the network is to see of the loaded images, the transform's output format each, to `input` on the
  // device.
  void write(float* input);

 private:
  struct Axis {
    Axis(Device& device, const AxisFilter& filter);
    Array<int32_t> first;
    Array<float> weights;
    AxisTaps taps;
  };

  void write_resized(float* input);

  Transform transform_;
  Device& device_;
  bool resizes_;
  Augment sizes_;  // batch: how many images are loaded
  Array<uint8_t> images_;
  Array<ImageDraw> draws_;
  Array<float> mean_;
  Axis rows_, columns_;
  Array<float> resized_rows_;  // of the images that are at work at once
};

}  // namespace tandem
