#include "engine/data/image_folder.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "engine/core/error.h"

namespace tandem {
namespace {

namespace fs = std::filesystem;

fs::path split_folder(const fs::path& folder, Split split) {
  if (split == Split::train) return folder / "train";
  return fs::is_directory(folder / "val") || !fs::is_directory(folder / "test") ? folder / "val" : folder / "test";
}

// Names go to terminals and JSON files.
void check_name(const fs::path& path) {
  const std::string name = path.filename().string();
  bool valid = std::none_of(name.begin(), name.end(), [](unsigned char c) { return c < ' ' || c == 0x7f; });
  try {
    nlohmann::json(name).dump();
  } catch (const nlohmann::json::type_error&) {
    valid = false;  // no UTF-8
  }
  if (!valid)
    throw Error(path.parent_path().string(), "holds a name with control characters or bytes that are no UTF-8",
                "rename " + nlohmann::json(name).dump(-1, ' ', true, nlohmann::json::error_handler_t::replace));
}

// The names of the folders, or of what is no folder, in order.
std::vector<std::string> names_in(const fs::path& folder, bool folders) {
  std::vector<std::string> names;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder)) {
    std::string name = entry.path().filename().string();
    if (name.starts_with('.') || entry.is_directory() != folders) continue;
    check_name(entry.path());
    names.push_back(std::move(name));
  }
  std::sort(names.begin(), names.end());
  return names;
}

class ImageFolder : public Dataset {
 public:
  ImageFolder(PhotographList list, int side)
      : list_(std::move(list)), name_(list_.folder.string()), format_{side, side, 3} {}

  const std::string& name() const override { return name_; }
  ImageFormat format() const override { return format_; }
  long size() const override { return list_.size(); }
  const std::vector<std::string>& class_names() const override { return list_.class_names; }
  void read(long index, uint8_t* pixels, int32_t* label) const override {
    const Image square = read_photograph(list_.path(index), format_.height, Framing::centre_square);
    std::copy(square.rgb.begin(), square.rgb.end(), pixels);
    *label = list_.photographs[size_t(index)].label;
  }

 private:
  PhotographList list_;
  std::string name_;
  ImageFormat format_;
};

}  // namespace

std::string PhotographList::name(long index) const {
  const Photograph& photograph = photographs[size_t(index)];
  return class_names[size_t(photograph.label)] + "/" + photograph.file;
}

bool holds_photographs(const fs::path& folder, Split split) {
  const fs::path classes = split_folder(folder, split);
  return fs::is_directory(classes) && !names_in(classes, true).empty();
}

bool is_image_folder(const fs::path& folder) {
  return holds_photographs(folder, Split::train) || holds_photographs(folder, Split::test);
}

PhotographList list_photographs(const fs::path& folder, Split split) {
  PhotographList list{split_folder(folder, split), {}, {}};
  if (!fs::is_directory(list.folder))
    throw Error(list.folder.string(), "there is no such folder",
                "give a folder that holds train/CLASS/*.jpg and val/CLASS/*.jpg");
  const std::vector<std::string> present = names_in(list.folder, true);
  const fs::path training = split_folder(folder, Split::train);
  list.class_names = fs::is_directory(training) ? names_in(training, true) : present;
  for (const std::string& name : present) {
    const auto found = std::lower_bound(list.class_names.begin(), list.class_names.end(), name);
    if (found == list.class_names.end() || *found != name)
      throw Error((list.folder / name).string(), "is a class that " + training.string() + " does not have",
                  "remove it, or add it there");
    std::vector<std::string> files = names_in(list.folder / name, false);
    if (files.empty())
      throw Error((list.folder / name).string(), "holds no photographs", "remove this folder, or fill it");
    for (std::string& file : files)
      list.photographs.push_back({std::move(file), int32_t(found - list.class_names.begin())});
  }
  if (list.photographs.empty())
    throw Error(list.folder.string(), "holds no class folders",
                "put the photographs of each class into a folder there");
  return list;
}

std::unique_ptr<Dataset> open_image_folder(const fs::path& folder, Split split, int side) {
  check_photograph_side(side, folder.string());
  return std::make_unique<ImageFolder>(list_photographs(folder, split), side);
}

}  // namespace tandem
