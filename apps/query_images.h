// The images that a user asks about: files, or test images of a data set by their numbers.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "apps/trained_net.h"
#include "engine/data/memory_dataset.h"
#include "engine/report/image.h"

namespace tandem {

struct QueryImages {
  MemoryDataset data;                      // as the net's data set stores them; labels mean nothing
  std::vector<std::string> names;          // file names, or "test image 17"
  std::vector<std::optional<int>> labels;  // of test images

  Image picture(size_t number) const;
};

// Each of `images` is the path of a photograph, whose middle square becomes an image as the net's data set has them
// (grey by Rec. 601's luma where that has one channel), or, where `data` is the folder of a data set, the number of one
// of its test images. Throws UsageError for a number that is too large and for another net's data set, and Error for a
// file that cannot be read.
QueryImages read_query_images(const std::vector<std::string>& images, const TrainedNet& trained,
                              const std::string& data);

// For the help of commands that take such images.
inline constexpr const char* kQueryImagesHelp =
    "Photographs (JPEG, PNG, BMP, GIF) or, with --data, numbers of images of its test set";

}  // namespace tandem
