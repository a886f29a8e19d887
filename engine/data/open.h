#pragma once
#include <filesystem>
#include <memory>

#include "engine/data/dataset.h"

namespace tandem {

// Opens one split of whatever data set the folder holds: IDX files (MNIST and its relatives) or CIFAR-10's binary
// files. Throws Error when the folder is missing or holds neither, or for the file that is missing or broken.
std::unique_ptr<Dataset> open_dataset(const std::filesystem::path& folder, Split split);

}  // namespace tandem
