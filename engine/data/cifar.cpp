#include "engine/data/cifar.h"

#include <algorithm>
#include <sstream>
#include <utility>

#include "engine/core/error.h"
#include "engine/data/gzip.h"
#include "engine/data/memory_dataset.h"

namespace tandem {
namespace {

namespace fs = std::filesystem;

constexpr int kClasses = 10;
constexpr ImageFormat kFormat{32, 32, 3};
constexpr size_t kPlane = 32 * 32;
constexpr size_t kRecord = 1 + 3 * kPlane;
constexpr size_t kNamesLimit = 4096;  // bytes of batches.meta.txt; the original has 61

bool holds_cifar(const fs::path& folder) {
  for (const Split split : {Split::train, Split::test}) {
    for (const std::string& name : cifar_file_names(split)) {
      if (fs::exists(folder / name)) return true;
    }
  }
  return false;
}

// Appends the records of one file, their planes turned to HWC.
void append_file(const fs::path& file, std::vector<uint8_t>& pixels, std::vector<uint8_t>& labels) {
  const std::vector<uint8_t> bytes = read_file(file);
  if (bytes.size() % kRecord != 0) {
    throw Error(file.string(),
                "is " + std::to_string(bytes.size()) + " bytes long, expected a multiple of " + std::to_string(kRecord),
                "fetch the file again");
  }
  for (size_t start = 0; start < bytes.size(); start += kRecord) {
    const uint8_t* record = bytes.data() + start;
    if (record[0] >= kClasses) {
      throw Error(file.string(), "gives record " + std::to_string(start / kRecord) + " the label " +
                                     std::to_string(record[0]) + ", expected 0 to 9");
    }
    labels.push_back(record[0]);
    for (size_t pixel = 0; pixel < kPlane; ++pixel) {
      for (size_t channel = 0; channel < 3; ++channel) pixels.push_back(record[1 + channel * kPlane + pixel]);
    }
  }
}

std::vector<std::string> class_names(const fs::path& folder) {
  const fs::path file = folder / "batches.meta.txt";
  if (!fs::exists(file)) {
    return {"airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"};
  }
  const std::vector<uint8_t> bytes = read_file(file, kNamesLimit);
  // Names go to terminals and JSON logs.
  if (!std::all_of(bytes.begin(), bytes.end(),
                   [](uint8_t c) { return (c >= ' ' && c < 0x7f) || c == '\n' || c == '\r'; })) {
    throw Error(file.string(), "holds something else than printable ASCII, expected ten lines with a class name each");
  }
  std::istringstream text(std::string(bytes.begin(), bytes.end()));
  std::vector<std::string> names;
  for (std::string line; std::getline(text, line);) {
    if (!line.empty() && line.back() == '\r') line.pop_back();
    if (!line.empty()) names.push_back(line);
  }
  if (names.size() != kClasses) {
    throw Error(file.string(), "holds " + std::to_string(names.size()) + " class names, expected 10");
  }
  return names;
}

}  // namespace

std::vector<std::string> cifar_file_names(Split split) {
  if (split == Split::test) return {"test_batch.bin"};
  return {"data_batch_1.bin", "data_batch_2.bin", "data_batch_3.bin", "data_batch_4.bin", "data_batch_5.bin"};
}

bool is_cifar_folder(const fs::path& folder) {
  return holds_cifar(folder) || holds_cifar(folder / "cifar-10-batches-bin");
}

std::unique_ptr<Dataset> open_cifar(const fs::path& folder, Split split) {
  const fs::path files = holds_cifar(folder) ? folder : folder / "cifar-10-batches-bin";
  std::vector<uint8_t> pixels, labels;
  for (const std::string& name : cifar_file_names(split)) append_file(files / name, pixels, labels);
  return std::make_unique<MemoryDataset>(folder.string() + " (" + to_string(split) + ")", kFormat, class_names(files),
                                         std::move(pixels), std::move(labels));
}

}  // namespace tandem
