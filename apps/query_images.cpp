#include "apps/query_images.h"

#include <algorithm>

#include "engine/core/error.h"
#include "engine/data/open.h"
#include "engine/data/photograph.h"
#include "engine/data/picture.h"

namespace tandem {
namespace {

bool is_number(const std::string& text) {
  return !text.empty() && text.size() <= 9 && text.find_first_not_of("0123456789") == std::string::npos;
}

// Rec. 601's luma in whole numbers, as Pillow's convert("L") computes it.
uint8_t luma(const uint8_t* rgb) { return uint8_t((19595 * rgb[0] + 38470 * rgb[1] + 7471 * rgb[2] + 0x8000) >> 16); }

void read_photograph_as(const std::string& path, const ImageFormat& format, uint8_t* pixels) {
  if (format.height != format.width || (format.channels != 1 && format.channels != 3))
    throw UsageError(path, "cannot become one of the " + to_string(format) + " images that the net was trained on",
                     "photographs are made square, grey or in colour");
  const Image photograph = read_photograph(path, format.height, Framing::centre_square);
  if (format.channels == 3) {
    std::copy(photograph.rgb.begin(), photograph.rgb.end(), pixels);
    return;
  }
  for (long i = 0; i < format.pixels(); ++i) pixels[i] = luma(&photograph.rgb[size_t(3 * i)]);
}

// The test set of a folder, opened when it is first needed: photographs alone do not need it.
class TestSet {
 public:
  TestSet(const std::string& folder, const TrainedNet& trained) : folder_(folder), trained_(trained) {}

  bool exists() const { return !folder_.empty(); }

  void read(long number, uint8_t* pixels, int32_t* label) {
    if (!data_) {
      data_ = open_dataset(folder_, Split::test);
      check_trained_for(trained_, *data_);
    }
    if (number >= data_->size())
      throw UsageError(data_->name(), "has no image " + std::to_string(number),
                       "its images are numbered from 0 to " + std::to_string(data_->size() - 1));
    data_->read(number, pixels, label);
  }

 private:
  std::string folder_;
  const TrainedNet& trained_;
  std::unique_ptr<Dataset> data_;
};

}  // namespace

Image QueryImages::picture(size_t number) const {
  std::vector<uint8_t> pixels(size_t(data.format().elements()));
  int32_t label = 0;
  data.read(long(number), pixels.data(), &label);
  return tandem::picture(pixels.data(), data.format());
}

QueryImages read_query_images(const std::vector<std::string>& images, const TrainedNet& trained,
                              const std::string& data) {
  const ImageFormat format = trained.header.image;
  TestSet test(data, trained);
  std::vector<uint8_t> pixels(images.size() * size_t(format.elements()));
  std::vector<std::string> names;
  std::vector<std::optional<int>> labels;
  for (size_t i = 0; i < images.size(); ++i) {
    uint8_t* const here = pixels.data() + i * size_t(format.elements());
    if (test.exists() && is_number(images[i])) {
      int32_t label = 0;
      test.read(std::stol(images[i]), here, &label);
      names.push_back("test image " + images[i]);
      labels.push_back(label);
      continue;
    }
    if (is_number(images[i]) && !std::filesystem::exists(images[i]))
      throw UsageError(images[i], "is no file", "add --data DIR if it is the number of a test image");
    read_photograph_as(images[i], format, here);
    names.push_back(std::filesystem::path(images[i]).filename().string());
    labels.push_back({});
  }
  return {{"images", format, {"unknown"}, std::move(pixels), std::vector<uint8_t>(images.size(), 0)},
          std::move(names),
          std::move(labels)};
}

}  // namespace tandem
