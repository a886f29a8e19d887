// CIFAR-10, binary version (https://www.cs.toronto.edu/~kriz/cifar.html): files of records of 3073 bytes, a label
// (0 .. 9), then 32 x 32 pixels as three planes, red, green, blue.
#pragma once
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "engine/data/dataset.h"

namespace tandem {

// data_batch_1.bin .. data_batch_5.bin (train) or test_batch.bin (test).
std::vector<std::string> cifar_file_names(Split split);

// True when the folder itself or its subfolder cifar-10-batches-bin holds at least one of the six files.
bool is_cifar_folder(const std::filesystem::path& folder);

// Reads one split; all its files must be there, each with any whole number of records. Class names come from
// batches.meta.txt if that file is there. Throws Error naming the file at fault.
std::unique_ptr<Dataset> open_cifar(const std::filesystem::path& folder, Split split);

}  // namespace tandem
