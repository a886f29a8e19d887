#include "apps/run_pictures.h"

#include <algorithm>

#include "engine/files/atomic_file.h"
#include "engine/report/image_grid.h"
#include "engine/report/log_series.h"
#include "engine/train/net_input.h"

namespace tandem {
namespace {

constexpr int kPredictions = 64;

// The convolution that reads the image itself; null if there is none.
const PlannedLayer<float>* first_convolution(const NetPlan<float>& plan) {
  const auto reads_image = [](const PlannedLayer<float>& layer) {
    return layer.type == "convolution" && layer.inputs[0] < 0;
  };
  const auto found = std::find_if(plan.layers.begin(), plan.layers.end(), reads_image);
  return found == plan.layers.end() ? nullptr : &*found;
}

void draw_filters(const std::filesystem::path& path, const Net<float>& net) {
  const PlannedLayer<float>* layer = first_convolution(net.plan());
  const int channels = net.plan().input.channels;
  if (layer == nullptr || (channels != 1 && channels != 3)) return;
  for (const Parameter<float>& parameter : net.parameters()) {
    if (parameter.name != layer->name + ".weights") continue;
    std::vector<float> weights(parameter.elements());
    net.device().download(weights.data(), parameter.value, weights.size() * sizeof(float));
    const auto& shape = parameter.spec.shape;  // [out][kh][kw][in]
    write_png(path, filter_grid(weights, int(shape[0]), int(shape[1]), int(shape[2]), int(shape[3])));
  }
}

Image to_image(const uint8_t* pixels, const ImageFormat& format) {
  Image image(format.height, format.width);
  for (int y = 0; y < format.height; ++y)
    for (int x = 0; x < format.width; ++x)
      for (int c = 0; c < 3; ++c)
        image.pixel(y, x)[c] =
            pixels[(size_t(y) * format.width + x) * format.channels + std::min(c, format.channels - 1)];
  return image;
}

void draw_predictions(const std::filesystem::path& path, Net<float>& net, const Dataset& test,
                      const Transform& transform) {
  const int count = int(std::min<long>({kPredictions, test.size(), net.options().batch}));
  BatchReader reader(test, transform, count, /*seed=*/0, /*start=*/0, ReadMode::test, /*ahead=*/1);
  const Batch& batch = reader.next();
  Augmenter augmenter(transform, net.device(), count);
  set_input(net, augmenter, batch);
  net.forward(/*training=*/false, /*seed=*/0, /*step=*/0);
  const std::vector<float> probabilities = net.probabilities();
  std::vector<int> predicted;
  for (int i = 0; i < count; ++i) {
    const auto row = probabilities.begin() + long(i) * net.plan().classes;
    predicted.push_back(int(std::max_element(row, row + net.plan().classes) - row));
  }
  std::vector<Image> images;
  for (int i = 0; i < count; ++i)
    images.push_back(to_image(batch.images.data() + i * test.format().elements(), test.format()));
  write_png(path, prediction_grid(images, batch.labels, predicted));
}

}  // namespace

void draw_run_pictures(const RunFolder& folder, Net<float>& net, const Dataset& test, const Transform& transform) {
  const std::vector<Series> errors{read_series(folder.log(), "error", "training batches"),
                                   read_series(folder.log(), "test_error", "test set")};
  write_file(folder.file("curve.svg"), curve_svg(net.plan().name, "epoch", "error, %", errors));
  draw_filters(folder.file("conv1.png"), net);
  draw_predictions(folder.file("predictions.png"), net, test, transform);
}

}  // namespace tandem
