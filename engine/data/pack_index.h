// pack.json, the table of contents of a folder of packed photographs. It is written last: where it is missing, packing
// was not finished. Beside it lie the shards, train-00000.safetensors and so on, and statistics.safetensors.
#pragma once
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "engine/data/dataset.h"
#include "engine/data/photograph.h"

namespace tandem {

struct PackIndex {
  int side = kPhotographSide;
  Framing framing = Framing::centre_square;
  std::vector<std::string> class_names;
  std::map<Split, std::vector<long>> shards;  // how many records each shard of a split holds
  std::map<std::string, std::string> broken;  // photographs that were left out, "train/CLASS/FILE", and why
};

std::filesystem::path pack_index_file(const std::filesystem::path& folder);
std::filesystem::path pack_statistics_file(const std::filesystem::path& folder);
std::filesystem::path shard_file(const std::filesystem::path& folder, Split split, size_t number);

std::string to_json(const PackIndex& index);

// The text is not trusted. Throws Error, which begins with `where`, for anything that to_json does not write.
PackIndex parse_pack_index(std::string_view text, const std::string& where);

}  // namespace tandem
