// The IDX files of MNIST and Fashion-MNIST (http://yann.lecun.com/exdb/mnist): big-endian header, then bytes.
//   bytes 0-3   magic: 0, 0, type code (8 = unsigned bytes), number of dimensions
//   then        the dimensions, 32 bits each: images, height, width in an image file; labels in a label file
//   then        the elements, row-major, right to the end of the file
#pragma once
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "engine/data/dataset.h"

namespace tandem {

// More classes than this are taken for a file that is not a label file; 255 often marks "unlabelled".
constexpr int kMaximumIdxClasses = 254;

struct IdxArray {
  std::vector<int> dimensions;
  std::vector<uint8_t> elements;
};

// Reads the bytes of an IDX file that must have `rank` dimensions; `where` names the file in messages.
// Throws Error when the magic, the type, the rank or a dimension is wrong, or the length is not what the header says.
IdxArray parse_idx(std::vector<uint8_t> bytes, int rank, const std::string& where);

// The four file names, each with or without ".gz": train-images-idx3-ubyte, train-labels-idx1-ubyte, and t10k-* for
// test.
std::vector<std::string> idx_file_names();

// True when the folder holds at least one of the four files.
bool is_idx_folder(const std::filesystem::path& folder);

// Reads one split. Classes are 0 .. the largest label; their names are Fashion-MNIST's if the folder's path says
// "fashion", their numbers otherwise. Throws Error naming the file at fault.
std::unique_ptr<Dataset> open_idx(const std::filesystem::path& folder, Split split);

}  // namespace tandem
