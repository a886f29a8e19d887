#include "apps/run_pictures.h"

#include <algorithm>

#include "apps/filter_picture.h"
#include "engine/data/picture.h"
#include "engine/files/atomic_file.h"
#include "engine/report/image_grid.h"
#include "engine/report/log_series.h"
#include "engine/train/prediction.h"
#include "engine/train/tally.h"

namespace tandem {
namespace {

constexpr int kPredictions = 64;

void draw_predictions(const std::filesystem::path& path, AnyNet<float>& net, const Dataset& test,
                      const Transform& transform) {
  const int count = int(std::min<long>({kPredictions, test.size(), net.options().batch}));
  BatchReader reader(test, transform, count, /*seed=*/0, /*start=*/0, ReadMode::test, /*ahead=*/1);
  const Batch& batch = reader.next();
  Augmenter augmenter(transform, net.device(), count);
  const Prediction prediction = predict(net, augmenter, view_windows(transform, 1), batch);
  std::vector<int> predicted;
  for (int i = 0; i < count; ++i) predicted.push_back(likeliest(prediction.of(i), 1).front());
  std::vector<Image> images;
  for (int i = 0; i < count; ++i)
    images.push_back(picture(batch.images.data() + i * test.format().elements(), test.format()));
  write_png(path, prediction_grid(images, batch.labels, predicted));
}

}  // namespace

void draw_run_pictures(const RunFolder& folder, AnyNet<float>& net, const Dataset& test, const Transform& transform) {
  const std::vector<Series> errors{read_series(folder.log(), "error", "training batches"),
                                   read_series(folder.log(), "test_error", "test set")};
  write_file(folder.file("curve.svg"), curve_svg(net.plan().name, "epoch", "error, %", errors));
  if (const auto filters = filter_picture(net)) write_png(folder.file("conv1.png"), *filters);
  draw_predictions(folder.file("predictions.png"), net, test, transform);
}

}  // namespace tandem
