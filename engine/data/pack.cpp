#include "engine/data/pack.h"

#include <zlib.h>

#include <algorithm>
#include <future>
#include <mutex>
#include <optional>
#include <span>
#include <vector>

#include "engine/core/error.h"
#include "engine/core/processors.h"
#include "engine/data/image_folder.h"
#include "engine/data/packed_dataset.h"
#include "engine/data/shard.h"
#include "engine/data/statistics_file.h"
#include "engine/files/atomic_file.h"
#include "engine/files/mapped_file.h"
#include "kernels/host/thread_pool.h"

namespace tandem {
namespace {

namespace fs = std::filesystem;

// What a killed process has left half written.
void remove_temporary_files(const fs::path& folder) {
  for (const fs::directory_entry& entry : fs::directory_iterator(folder))
    if (entry.path().filename().string().find(".safetensors.tmp-") != std::string::npos) fs::remove(entry.path());
}

bool holds(const fs::path& file, const std::string& text) {
  if (!fs::exists(file)) return false;
  const MappedFile mapped(file);
  return std::ranges::equal(mapped.bytes(), std::as_bytes(std::span(text)));
}

// Without the path that begins it: a shard is the same wherever its photographs lie.
std::string reason(const Error& error, const fs::path& path) {
  const std::string text = error.what(), where = path.string() + ": ";
  return text.starts_with(where) ? text.substr(where.size()) : text;
}

class Packer {
 public:
  Packer(const fs::path& target, const PackOptions& options, const PackObserver& observer)
      : target_(target),
        options_(options),
        observer_(observer),
        pool_(options.threads > 0 ? options.threads : usable_processors()) {}

  void plan(const PhotographList& list) { all_ += list.size(); }

  void pack_split(const PhotographList& list, Split split, PackIndex& index) {
    for (long first = 0; first < list.size(); first += options_.shard_photographs) {
      const long end = std::min(list.size(), first + options_.shard_photographs);
      const fs::path file = shard_file(target_, split, index.shards[split].size());
      const std::string source = describe(list, split, first, end);
      long records = 0;
      std::map<std::string, std::string> broken;
      if (fs::exists(file)) {
        const Shard shard = finished_shard(file, source);
        records = shard.size();
        broken = shard.broken();
        if (!broken.empty() && !options_.skip_broken)
          throw Error((list.folder / broken.begin()->first).string(), broken.begin()->second,
                      "mend it and remove " + file.string() + ", or use --broken skip");
        advance(end - first);
      } else {
        ShardContents contents = read(list, first, end);
        contents.source = source;
        records = long(contents.images.size());
        broken = contents.broken;
        finish_writing();
        writing_ = std::async(std::launch::async, write_shard, file, std::move(contents));
        changed_ = true;
      }
      index.shards[split].push_back(records);
      for (const auto& [name, why] : broken) {
        const std::string photograph = list.folder.filename().string() + "/" + name;
        index.broken[photograph] = why;
        observer_.left_out(photograph, why);
      }
    }
    finish_writing();
  }

  bool changed() const { return changed_; }  // has any shard been written?

  void measure_training(const PackIndex& index) {
    const auto dataset = open_shards(target_, Split::train, index);
    const auto progress = [&](long done) { observer_.measured(done, dataset->size()); };
    write_statistics(pack_statistics_file(target_), measure(*dataset, pool_.threads(), progress));
  }

 private:
  // What a shard is made of: photographs by name and size in bytes, and the options.
  std::string describe(const PhotographList& list, Split split, long first, long end) const {
    std::string text =
        to_string(split) + " " + std::to_string(options_.side) + " " + to_string(options_.framing) + "\n";
    for (const std::string& name : list.class_names) text += name + "\n";
    for (long i = first; i < end; ++i) {
      std::error_code broken;  // that of a dangling link is told when it is read
      text += list.name(i) + " " + std::to_string(fs::file_size(list.path(i), broken)) + "\n";
    }
    return std::to_string(crc32_z(0, reinterpret_cast<const Bytef*>(text.data()), text.size()));
  }

  Shard finished_shard(const fs::path& file, const std::string& source) const {
    Shard shard(file);
    if (shard.source() != source)
      throw UsageError(file.string(), "was packed from other photographs or with other options",
                       "choose another folder, or remove this one");
    return shard;
  }

  // Decodes the photographs [first, end) of the list, in parallel. Without skip_broken, the first broken one is thrown.
  ShardContents read(const PhotographList& list, long first, long end) {
    struct Slot {
      Image image;
      std::optional<std::string> failure;
    };
    std::vector<Slot> slots(size_t(end - first));
    pool_.parallel_for(end - first, [&](long i, int) {
      try {
        slots[size_t(i)].image = read_photograph(list.path(first + i), options_.side, options_.framing);
      } catch (const Error& error) {
        if (!options_.skip_broken) throw;
        slots[size_t(i)].failure = reason(error, list.path(first + i));
      }
      advance(1);
    });
    ShardContents contents;
    contents.side = options_.side;
    contents.framing = options_.framing;
    for (long i = first; i < end; ++i) {
      Slot& slot = slots[size_t(i - first)];
      if (slot.failure) {
        contents.broken[list.name(i)] = *slot.failure;
        continue;
      }
      contents.names.push_back(list.name(i));
      contents.labels.push_back(list.photographs[size_t(i)].label);
      contents.images.push_back(std::move(slot.image));
    }
    return contents;
  }

  // A shard is written while the next one is decoded.
  void finish_writing() {
    if (writing_.valid()) writing_.get();
  }

  void advance(long photographs) {
    const std::lock_guard lock(mutex_);
    done_ += photographs;
    observer_.packed(done_, all_);
  }

  const fs::path& target_;
  const PackOptions& options_;
  const PackObserver& observer_;
  host::ThreadPool pool_;
  std::future<void> writing_;
  bool changed_ = false;
  std::mutex mutex_;  // guards what follows
  long done_ = 0, all_ = 0;
};

}  // namespace

PackIndex pack(const fs::path& source, const fs::path& target, const PackOptions& options,
               const PackObserver& observer) {
  check_photograph_side(options.side, "--side");
  if (!is_image_folder(source))
    throw Error(source.string(), "holds no photographs to pack",
                "give a folder that holds train/CLASS/*.jpg and val/CLASS/*.jpg");
  std::map<Split, PhotographList> lists;
  for (const Split split : {Split::train, Split::test})
    if (holds_photographs(source, split)) lists[split] = list_photographs(source, split);

  std::error_code failure;
  fs::create_directories(target, failure);
  if (failure) throw Error(target.string(), "cannot be made a folder: " + failure.message());
  remove_temporary_files(target);
  Packer packer(target, options, observer);
  PackIndex index{options.side, options.framing, lists.begin()->second.class_names, {}, {}};
  for (const auto& [split, list] : lists) packer.plan(list);
  for (const auto& [split, list] : lists) packer.pack_split(list, split, index);

  const fs::path index_file = pack_index_file(target);
  const std::string text = to_json(index);
  const bool measured = !lists.contains(Split::train) || fs::exists(pack_statistics_file(target));
  if (!packer.changed() && measured && holds(index_file, text)) return index;
  if (lists.contains(Split::train)) packer.measure_training(index);
  write_file(index_file, text);
  return index;
}

}  // namespace tandem
