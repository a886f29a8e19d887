// Folders of photographs, laid out as ImageNet's: DIR/train/CLASS/*.jpg and DIR/val/CLASS/*.jpg (or DIR/test).
#pragma once
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "engine/data/dataset.h"
#include "engine/data/photograph.h"

namespace tandem {

// Which photographs there are. Classes are the folders of DIR/train in the order of their names (byte by byte), images
// are in the order of their classes and then of their names.
struct PhotographList {
  struct Photograph {
    std::string file;  // in its class's folder
    int32_t label;
  };

  std::filesystem::path folder;  // of the split: DIR/train
  std::vector<std::string> class_names;
  std::vector<Photograph> photographs;

  long size() const { return long(photographs.size()); }
  std::string name(long index) const;  // "CLASS/FILE"
  std::filesystem::path path(long index) const { return folder / name(index); }
};

bool holds_photographs(const std::filesystem::path& folder, Split split);  // is there a class folder for the split?
bool is_image_folder(const std::filesystem::path& folder);                 // for any split?

// The test split is DIR/val, or else DIR/test. Every file in a class's folder counts as a photograph, whatever its
// name; names that begin with a dot are passed over. Without a DIR/train, the classes are the folders of the split.
// Throws Error for a split or a class without photographs, a class of the test split that training does not have, and
// names that are no UTF-8 or hold control characters.
PhotographList list_photographs(const std::filesystem::path& folder, Split split);

// Decodes and resizes when an image is read: side x side x 3, Framing::centre_square. A broken photograph is an Error
// from read() that names it. `side` as in check_photograph_side.
std::unique_ptr<Dataset> open_image_folder(const std::filesystem::path& folder, Split split,
                                           int side = kPhotographSide);

}  // namespace tandem
