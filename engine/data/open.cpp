#include "engine/data/open.h"

#include <algorithm>
#include <string>
#include <vector>

#include "engine/core/error.h"
#include "engine/data/cifar.h"
#include "engine/data/idx.h"
#include "engine/data/image_folder.h"
#include "engine/data/packed_dataset.h"

namespace tandem {
namespace {

namespace fs = std::filesystem;

std::string joined(const std::vector<std::string>& names) {
  std::string list;
  for (const std::string& name : names) list += (list.empty() ? "" : ", ") + name;
  return list;
}

// The first few names in a folder, in order, for a message.
std::string contents(const fs::path& folder) {
  constexpr size_t kShown = 8;
  std::vector<std::string> names;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder)) {
    names.push_back(entry.path().filename().string());
  }
  if (names.empty()) return "nothing";
  std::sort(names.begin(), names.end());
  const size_t hidden = names.size() - std::min(names.size(), kShown);
  names.resize(names.size() - hidden);
  return joined(names) + (hidden ? " and " + std::to_string(hidden) + " more" : "");
}

}  // namespace

std::unique_ptr<Dataset> open_dataset(const fs::path& folder, Split split) {
  if (!fs::exists(folder)) {
    throw Error(folder.string(), "there is no such folder", "give the folder that holds the data set's files");
  }
  if (!fs::is_directory(folder)) {
    throw Error(folder.string(), "is not a folder", "give the folder that holds the data set's files");
  }
  if (is_idx_folder(folder)) return open_idx(folder, split);
  if (is_cifar_folder(folder)) return open_cifar(folder, split);
  if (is_pack_folder(folder)) return open_pack_folder(folder, split);
  if (is_image_folder(folder)) return open_image_folder(folder, split);
  throw Error(folder.string(),
              "holds no data set: looked for " + joined(idx_file_names()) + " (each also with .gz), " +
                  joined(cifar_file_names(Split::train)) + ", " + joined(cifar_file_names(Split::test)) +
                  " (also in cifar-10-batches-bin), pack.json, train/CLASS/ and val/CLASS/ with photographs, found " +
                  contents(folder));
}

}  // namespace tandem
