#include "engine/data/augmenter.h"

#include <algorithm>

#include "engine/core/error.h"

namespace tandem {
namespace {

// So few that what lies between the two halves of resizing stays in cache.
constexpr int kResizedAtOnce = 16;

// Of one image between the two halves.
size_t resized_rows_elements(const Transform& transform) {
  return size_t(transform.output().height) * transform.source().width * transform.source().channels;
}

template <class T>
Array<T> on_device(Device& device, const std::vector<T>& values) {
  Array<T> array(device, values.size());
  array.upload(values);
  return array;
}

}  // namespace

Augmenter::Axis::Axis(Device& device, const AxisFilter& filter)
    : first(on_device(device, filter.first)),
      weights(on_device(device, filter.weights)),
      taps{.first = first.data(), .weights = weights.data(), .count = filter.taps} {}

size_t Augmenter::memory_use(const Transform& transform, int batch) {
  const size_t stored = size_t(transform.source().elements()) + sizeof(ImageDraw);
  size_t bytes = kPlaces * stored * size_t(batch) + transform.mean().size() * sizeof(float);
  for (const AxisFilter* axis : {&transform.rows(), &transform.columns()})
    bytes += axis->first.size() * sizeof(int32_t) + axis->weights.size() * sizeof(float);
  if (transform.resized() != transform.source())
    bytes += resized_rows_elements(transform) * size_t(std::min(batch, kResizedAtOnce)) * sizeof(float);
  return bytes;
}

Augmenter::Augmenter(const Transform& transform, Device& device, int batch)
    : transform_(transform),
      device_(device),
      resizes_(transform.resized() != transform.source()),
      sizes_{.height = transform.source().height,
             .width = transform.source().width,
             .channels = transform.source().channels,
             .resized_height = transform.resized().height,
             .resized_width = transform.resized().width,
             .out_height = transform.output().height,
             .out_width = transform.output().width},
      mean_(on_device(device, transform.mean())),
      rows_(device, transform.rows()),
      columns_(device, transform.columns()) {
  for (Place& place : places_)
    place = {Array<uint8_t>(device, size_t(transform.source().elements()) * batch),
             Array<ImageDraw>(device, size_t(batch))};
  if (resizes_)
    resized_rows_ = Array<float>(device, resized_rows_elements(transform) * std::min(batch, kResizedAtOnce));
}

void Augmenter::load(const Batch& batch) {
  load_ahead(batch);
  turn();
  device_.finish_copies();
}

void Augmenter::load_ahead(const Batch& batch) {
  Place& place = ahead();
  if (size_t(batch.count) > place.draws.size())
    throw Error("augmenter",
                std::to_string(batch.count) + " images do not fit one made for " + std::to_string(place.draws.size()));
  place.count = batch.count;
  device_.copy_beside(place.images.data(), batch.images.data(), size_t(transform_.source().elements()) * batch.count);
  device_.copy_beside(place.draws.data(), batch.draws.data(), sizeof(ImageDraw) * batch.count);
}

void Augmenter::turn() {
  loaded_ = 1 - loaded_;
  sizes_.batch = loaded().count;
  device_.kernels_wait_for_copies();
}

void Augmenter::look_through(const CropWindow& window) {
  const std::vector<ImageDraw> draws(size_t(sizes_.batch), transform_.view(window));
  device_.upload(loaded().draws.data(), draws.data(), sizeof(ImageDraw) * draws.size());
}

void Augmenter::write(float* input) {
  if (resizes_) return write_resized(input);
  device_.kernels<float>().augment(device_.stream(), loaded().images.data(), loaded().draws.data(), mean_.data(), input,
                                   sizes_);
}

void Augmenter::write_resized(float* input) {
  for (int first = 0; first < sizes_.batch; first += kResizedAtOnce) {
    Augment some = sizes_;
    some.batch = std::min(kResizedAtOnce, sizes_.batch - first);
    const ImageDraw* draws = loaded().draws.data() + first;
    device_.kernels<float>().resize_rows(device_.stream(),
                                         loaded().images.data() + first * transform_.source().elements(), draws,
                                         rows_.taps, resized_rows_.data(), some);
    device_.kernels<float>().augment_rows(device_.stream(), resized_rows_.data(), draws, columns_.taps, mean_.data(),
                                          input + first * transform_.output().elements(), some);
  }
}

}  // namespace tandem
