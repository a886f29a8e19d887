// A tiny folder of photographs: copies of tests/data/photos.
#pragma once
#include <filesystem>

#include "tests/temporary_folder.h"

namespace tandem::test {

inline const std::filesystem::path kPhotos = std::filesystem::path(TANDEM_TEST_DATA) / "photos";

// Three classes; training has 3, 2 and 1 photographs of them, the test split 1, 1 and none.
class PhotoFolder : public TemporaryFolder {
 public:
  PhotoFolder() {
    add("train/bee/1.jpg", "444.jpg");
    add("train/bee/2.jpg", "rgb.jpg");
    add("train/bee/3.png", "rgba.png");
    add("train/ant/1.jpg", "grey.jpg");
    add("train/ant/2.jpg", "orientation-6.jpg");
    add("train/cat/1.jpg", "cmyk.jpg");
    add("val/ant/1.jpg", "420.jpg");
    add("val/bee/1.gif", "palette.gif");
  }
  void add(const std::string& name, const std::string& photo) const {
    std::filesystem::create_directories((path() / name).parent_path());
    std::filesystem::copy_file(kPhotos / photo, path() / name);
  }
};

}  // namespace tandem::test
