#pragma once
#include <filesystem>
#include <memory>

#include "engine/data/dataset.h"

namespace tandem {

// Opens one split of whatever data set the folder holds: IDX files (MNIST and its relatives), CIFAR-10's binary files,
// photographs that `tandem pack` has packed, or folders of photographs. Throws Error when the folder is missing or
// holds none of them, or for the file that is missing or broken.
std::unique_ptr<Dataset> open_dataset(const std::filesystem::path& folder, Split split);

}  // namespace tandem
