#include "engine/data/idx.h"

#include <algorithm>
#include <cctype>
#include <iterator>
#include <utility>

#include "engine/core/error.h"
#include "engine/data/gzip.h"
#include "engine/data/memory_dataset.h"

namespace tandem {
namespace {

namespace fs = std::filesystem;

constexpr uint8_t kUnsignedByte = 0x08;
constexpr const char* kFashionNames[] = {"T-shirt/top", "Trouser", "Pullover", "Dress", "Coat",
                                         "Sandal",      "Shirt",   "Sneaker",  "Bag",   "Ankle boot"};

std::string image_file_name(Split split) {
  return split == Split::train ? "train-images-idx3-ubyte" : "t10k-images-idx3-ubyte";
}

std::string label_file_name(Split split) {
  return split == Split::train ? "train-labels-idx1-ubyte" : "t10k-labels-idx1-ubyte";
}

// The file itself before its compressed twin; the plain name when there is neither, for the message.
fs::path plain_or_gzip(const fs::path& path) {
  const fs::path compressed = path.string() + ".gz";
  return !fs::exists(path) && fs::exists(compressed) ? compressed : path;
}

uint32_t big_endian(const uint8_t* bytes) {
  return uint32_t(bytes[0]) << 24 | uint32_t(bytes[1]) << 16 | uint32_t(bytes[2]) << 8 | bytes[3];
}

std::string hex(uint8_t byte) {
  constexpr char kDigits[] = "0123456789abcdef";
  return {kDigits[byte >> 4], kDigits[byte & 15]};
}

void check_magic(const std::vector<uint8_t>& bytes, int rank, const std::string& where) {
  if (bytes[0] != 0 || bytes[1] != 0) {
    throw Error(where, "starts with " + hex(bytes[0]) + " " + hex(bytes[1]) + ", an IDX file with 00 00");
  }
  if (bytes[2] != kUnsignedByte) {
    throw Error(where, "has elements of type code 0x" + hex(bytes[2]) + ", expected 0x08 (unsigned bytes)");
  }
  if (bytes[3] != rank) {
    throw Error(where, "has " + std::to_string(bytes[3]) + " dimensions, expected " + std::to_string(rank));
  }
}

// The whole path counts, in any case: torchvision keeps these files in FashionMNIST/raw.
bool says_fashion(const fs::path& folder) {
  std::string path = fs::canonical(folder).string();
  std::transform(path.begin(), path.end(), path.begin(), [](unsigned char c) { return char(std::tolower(c)); });
  return path.find("fashion") != std::string::npos;
}

std::vector<std::string> class_names(const fs::path& folder, int classes) {
  const bool fashion = classes <= int(std::size(kFashionNames)) && says_fashion(folder);
  std::vector<std::string> names;
  for (int i = 0; i < classes; ++i) names.push_back(fashion ? kFashionNames[i] : std::to_string(i));
  return names;
}

}  // namespace

IdxArray parse_idx(std::vector<uint8_t> bytes, int rank, const std::string& where) {
  const size_t header = 4 + 4 * size_t(rank);
  if (bytes.size() < header) {
    throw Error(where,
                "is " + std::to_string(bytes.size()) + " bytes long, its header alone needs " + std::to_string(header));
  }
  check_magic(bytes, rank, where);

  // Every dimension is held against the bytes that are there, so neither the product nor an int can overflow.
  const size_t found = bytes.size() - header;
  size_t promised = 1;
  std::string shape;
  IdxArray array;
  for (int d = 0; d < rank; ++d) {
    const uint32_t dimension = big_endian(bytes.data() + 4 + 4 * size_t(d));
    shape += (d ? " x " : "") + std::to_string(dimension);
    if (dimension == 0) throw Error(where, "has an empty dimension: " + shape);
    if (promised > found / dimension) {
      throw Error(where,
                  "promises " + shape + (d + 1 < rank ? " x ..." : "") + " elements in its header, but holds only " +
                      std::to_string(found),
                  "fetch the file again");
    }
    promised *= dimension;
    array.dimensions.push_back(int(dimension));
  }
  if (promised != found) {
    throw Error(where, "promises " + shape + " elements in its header, but holds " + std::to_string(found),
                "fetch the file again");
  }
  bytes.erase(bytes.begin(), bytes.begin() + long(header));
  array.elements = std::move(bytes);
  return array;
}

std::vector<std::string> idx_file_names() {
  return {image_file_name(Split::train), label_file_name(Split::train), image_file_name(Split::test),
          label_file_name(Split::test)};
}

bool is_idx_folder(const fs::path& folder) {
  const std::vector<std::string> names = idx_file_names();
  return std::any_of(names.begin(), names.end(),
                     [&](const std::string& name) { return fs::exists(plain_or_gzip(folder / name)); });
}

std::unique_ptr<Dataset> open_idx(const fs::path& folder, Split split) {
  const fs::path image_file = plain_or_gzip(folder / image_file_name(split));
  const fs::path label_file = plain_or_gzip(folder / label_file_name(split));
  IdxArray images = parse_idx(read_file(image_file), 3, image_file.string());
  IdxArray labels = parse_idx(read_file(label_file), 1, label_file.string());

  if (labels.dimensions[0] != images.dimensions[0]) {
    throw Error(label_file.string(), "holds " + std::to_string(labels.dimensions[0]) + " labels, but " +
                                         image_file.string() + " holds " + std::to_string(images.dimensions[0]) +
                                         " images");
  }
  const auto largest = std::max_element(labels.elements.begin(), labels.elements.end());
  if (*largest >= kMaximumIdxClasses) {
    throw Error(label_file.string(), "gives image " + std::to_string(largest - labels.elements.begin()) +
                                         " the label " + std::to_string(*largest) + ", the largest possible is " +
                                         std::to_string(kMaximumIdxClasses - 1));
  }
  const ImageFormat format{images.dimensions[1], images.dimensions[2], 1};
  return std::make_unique<MemoryDataset>(folder.string() + " (" + to_string(split) + ")", format,
                                         class_names(folder, *largest + 1), std::move(images.elements),
                                         std::move(labels.elements));
}

}  // namespace tandem
