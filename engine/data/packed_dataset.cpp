#include "engine/data/packed_dataset.h"

#include <algorithm>
#include <cstring>
#include <optional>
#include <utility>

#include "engine/core/error.h"
#include "engine/data/resize.h"
#include "engine/data/shard.h"
#include "engine/data/statistics_file.h"
#include "engine/files/mapped_file.h"

namespace tandem {
namespace {

namespace fs = std::filesystem;

class PackedDataset : public Dataset {
 public:
  PackedDataset(const fs::path& folder, Split split, const PackIndex& index)
      : name_(folder.string() + " (" + to_string(split) + ")"),
        format_{index.side, index.side, 3},
        class_names_(index.class_names) {
    const auto found = index.shards.find(split);
    if (found == index.shards.end())
      throw Error(folder.string(), "holds no " + to_string(split) + " split",
                  "pack a folder that has photographs for it");
    const std::vector<long>& counts = found->second;
    for (size_t number = 0; number < counts.size(); ++number) {
      const fs::path file = shard_file(folder, split, number);
      shards_.emplace_back(file);
      check(shards_.back(), counts[number], index, file.string());
      ends_.push_back(size() + shards_.back().size());
    }
    if (size() == 0) throw Error(name_, "holds no photographs", "look into pack.json for those that could not be read");
  }

  void use(DatasetStatistics statistics, const fs::path& file) {
    if (statistics.images != size())
      throw Error(file.string(), "does not belong to these shards", "remove it and run tandem pack again");
    statistics_ = std::move(statistics);
  }

  const std::string& name() const override { return name_; }
  ImageFormat format() const override { return format_; }
  long size() const override { return ends_.empty() ? 0 : ends_.back(); }
  const std::vector<std::string>& class_names() const override { return class_names_; }
  const DatasetStatistics* statistics() const override { return statistics_ ? &*statistics_ : nullptr; }

  void read(long index, uint8_t* pixels, int32_t* label) const override {
    const size_t number = size_t(std::upper_bound(ends_.begin(), ends_.end(), index) - ends_.begin());
    const Shard& shard = shards_[number];
    const long in_shard = index - (ends_[number] - shard.size());
    const Shard::Record record = shard.record(in_shard);
    *label = shard.labels()[size_t(in_shard)];
    if (shard.framing() == Framing::centre_square) {
      std::memcpy(pixels, record.pixels.data(), record.pixels.size());
      return;
    }
    Image whole(record.height, record.width);
    std::copy(record.pixels.begin(), record.pixels.end(), whole.rgb.begin());
    const Image square = centre_square(whole, shard.side());
    std::copy(square.rgb.begin(), square.rgb.end(), pixels);
  }

 private:
  void check(const Shard& shard, long count, const PackIndex& index, const std::string& where) const {
    if (shard.size() != count || shard.side() != index.side || shard.framing() != index.framing)
      throw Error(where, "is not the shard that pack.json describes", "remove it and run tandem pack again");
    for (const int32_t label : shard.labels())
      if (label < 0 || label >= classes())
        throw Error(where,
                    "holds the label " + std::to_string(label) + ", expected 0 to " + std::to_string(classes() - 1));
  }

  std::string name_;
  ImageFormat format_;
  std::vector<std::string> class_names_;
  std::vector<Shard> shards_;
  std::vector<long> ends_;  // images in the shards up to and with this one
  std::optional<DatasetStatistics> statistics_;
};

}  // namespace

bool is_pack_folder(const fs::path& folder) {
  return fs::exists(pack_index_file(folder)) || fs::exists(shard_file(folder, Split::train, 0)) ||
         fs::exists(shard_file(folder, Split::test, 0));
}

std::unique_ptr<Dataset> open_pack_folder(const fs::path& folder, Split split) {
  const fs::path file = pack_index_file(folder);
  if (!fs::exists(file))
    throw Error(folder.string(), "packing was not finished", "run the same tandem pack again: it goes on where it was");
  const MappedFile text(file);
  const auto* begin = reinterpret_cast<const char*>(text.bytes().data());
  const PackIndex index = parse_pack_index({begin, text.bytes().size()}, file.string());
  auto dataset = std::make_unique<PackedDataset>(folder, split, index);
  if (split == Split::train) {
    const fs::path statistics = pack_statistics_file(folder);
    dataset->use(read_statistics(statistics, dataset->format(), dataset->classes()), statistics);
  }
  return dataset;
}

std::unique_ptr<Dataset> open_shards(const fs::path& folder, Split split, const PackIndex& index) {
  return std::make_unique<PackedDataset>(folder, split, index);
}

}  // namespace tandem
