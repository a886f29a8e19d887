// The device's half of a Transform: makes the network's input from a batch of 8-bit images, by kernels/augment.cu.
#pragma once
#include <array>

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

  // The same in two halves, the first beside the device's work on the batch before. load_ahead() copies to where the
  // batch before that one lay, whose work must be over; the batch is needed until Device::finish_copies(). With turn()
  // it becomes the loaded one.
  void load_ahead(const Batch& batch);
  void turn();

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

  // Of a batch.
  struct Place {
    Array<uint8_t> images;
    Array<ImageDraw> draws;
    int count = 0;
  };
  static constexpr int kPlaces = 2;

  Place& loaded() { return places_[size_t(loaded_)]; }
  Place& ahead() { return places_[size_t(1 - loaded_)]; }
  void write_resized(float* input);

  Transform transform_;
  Device& device_;
  bool resizes_;
  Augment sizes_;  // batch: how many images are loaded
  std::array<Place, kPlaces> places_;
  int loaded_ = 0;
  Array<float> mean_;
  Axis rows_, columns_;
  Array<float> resized_rows_;  // of the images that are at work at once
};

}  // namespace tandem
