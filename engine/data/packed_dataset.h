// Photographs that `tandem pack` has packed (see shard.h, pack_index.h): mapped into memory, decoded once and for all.
#pragma once
#include <filesystem>
#include <memory>

#include "engine/data/dataset.h"
#include "engine/data/pack_index.h"

namespace tandem {

// True when there is a pack.json, or a shard without one.
bool is_pack_folder(const std::filesystem::path& folder);

// Images are side x side x 3. Of photographs packed whole the middle is read: the same bits that a pack of centre
// squares holds. Statistics of the training split come from the folder. Throws Error when packing was not finished,
// when the split is not there or empty, and for the file that is broken; read() throws one for a record whose checksum
// is wrong.
std::unique_ptr<Dataset> open_pack_folder(const std::filesystem::path& folder, Split split);

// The same without statistics, for an index that need not be in the folder yet.
std::unique_ptr<Dataset> open_shards(const std::filesystem::path& folder, Split split, const PackIndex& index);

}  // namespace tandem
