// Packing: folders of photographs become shards that training reads without decoding anything.
#pragma once
#include <filesystem>
#include <functional>
#include <map>
#include <string>

#include "engine/data/pack_index.h"
#include "engine/data/photograph.h"

namespace tandem {

struct PackOptions {
  int side = kPhotographSide;
  Framing framing = Framing::centre_square;
  bool skip_broken = false;  // leave broken photographs out and say so, instead of failing
  int shard_photographs = 512;
  int threads = 0;  // 0: one for each processor
};

struct PackObserver {
  // How many photographs are packed, and how many of the packed ones are measured; one thread at a time.
  std::function<void(long done, long all)> packed, measured;
  std::function<void(const std::string& photograph, const std::string& reason)> left_out;
};

// Packs every split of `source` that is there (see list_photographs) into the folder `target`, and measures the
// training split. A shard is a fixed range of the list of photographs, so its bytes depend neither on the number of
// threads nor on what was there before. Every file appears whole or not at all: packing that was stopped at any moment
// goes on when it is repeated, and keeps the shards that are finished. Throws Error for a broken photograph unless they
// are skipped, for a full disk, and UsageError when `target` holds shards of other photographs (by name or size in
// bytes) or other options.
PackIndex pack(const std::filesystem::path& source, const std::filesystem::path& target, const PackOptions& options,
               const PackObserver& observer);

}  // namespace tandem
