#include "engine/data/pack.h"

#include <zlib.h>

#include <catch2/catch.hpp>
#include <cstring>
#include <functional>

#include "engine/core/error.h"
#include "engine/data/image_folder.h"
#include "engine/data/open.h"
#include "engine/data/packed_dataset.h"
#include "engine/data/shard.h"
#include "engine/data/statistics.h"
#include "tests/engine/data/photo_folder.h"
#include "tests/engine/data/test_files.h"
#include "tests/engine/file_size_limit.h"

namespace tandem {
namespace {

namespace fs = std::filesystem;
using Catch::Matchers::Contains;
using test::message_of;
using test::PhotoFolder;

// Two photographs a shard: of the folder's six and two, three shards and one.
constexpr PackOptions kOptions = {.side = 16, .shard_photographs = 2, .threads = 2};

struct Record {
  std::vector<uint8_t> pixels;
  int32_t label = -1;
  bool operator==(const Record&) const = default;
};

std::vector<Record> records(const Dataset& dataset) {
  std::vector<Record> all(size_t(dataset.size()));
  for (long i = 0; i < dataset.size(); ++i) {
    all[size_t(i)].pixels.resize(size_t(dataset.format().elements()));
    dataset.read(i, all[size_t(i)].pixels.data(), &all[size_t(i)].label);
  }
  return all;
}

std::map<std::string, std::string> files_in(const fs::path& folder) {
  std::map<std::string, std::string> files;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder))
    files[entry.path().filename()] = read_whole(entry.path());
  return files;
}

// What pack() reports.
struct Packing {
  long packed = 0, measured = 0;
  std::map<std::string, std::string> left_out;
  PackIndex index;

  Packing(const fs::path& source, const fs::path& target, const PackOptions& options = kOptions) {
    index = pack(source, target, options,
                 {.packed = [this](long done, long) { packed = done; },
                  .measured = [this](long done, long) { measured = done; },
                  .left_out = [this](const std::string& name, const std::string& reason) { left_out[name] = reason; }});
  }
};

std::string refusal(const fs::path& source, const fs::path& target, const PackOptions& options = kOptions) {
  return message_of([&] { Packing(source, target, options); });
}

TEST_CASE("packed photographs are those of the folder, with their statistics", "[pack]") {
  const PhotoFolder folder;
  const TemporaryFolder out;
  const Packing packing(folder.path(), out.path());
  CHECK(packing.packed == 8);
  CHECK(packing.measured == 6);
  CHECK(packing.left_out.empty());
  CHECK(packing.index.shards.at(Split::train) == std::vector<long>{2, 2, 2});
  CHECK(packing.index.shards.at(Split::test) == std::vector<long>{2});

  for (const Split split : {Split::train, Split::test}) {
    const auto packed = open_dataset(out.path(), split);
    const auto direct = open_image_folder(folder.path(), split, kOptions.side);
    CHECK(records(*packed) == records(*direct));
    CHECK(packed->class_names() == direct->class_names());
    CHECK((packed->statistics() != nullptr) == (split == Split::train));
    if (split == Split::test) continue;
    const DatasetStatistics stored = statistics_of(*packed), measured = measure(*direct);
    CHECK(stored.images == 6);
    CHECK(stored.class_counts == std::vector<long>{2, 3, 1});
    CHECK(stored.mean_image == measured.mean_image);
    CHECK(stored.channel_means == measured.channel_means);
    CHECK(stored.channel_deviations == measured.channel_deviations);
    CHECK(stored.colour->mean == measured.colour->mean);
    CHECK(stored.colour->covariance == measured.colour->covariance);
    CHECK(stored.colour->eigenvalues == measured.colour->eigenvalues);
    CHECK(stored.colour->eigenvectors == measured.colour->eigenvectors);
  }
}

TEST_CASE("photographs packed whole keep their aspect, and training reads the same squares", "[pack]") {
  const PhotoFolder folder;
  const TemporaryFolder out;
  PackOptions options = kOptions;
  options.framing = Framing::whole;
  Packing(folder.path(), out.path(), options);
  CHECK(records(*open_dataset(out.path(), Split::train)) ==
        records(*open_image_folder(folder.path(), Split::train, options.side)));
  const Shard shard(shard_file(out.path(), Split::train, 0));
  CHECK(shard.record(0).height == 16);  // 37 x 53
  CHECK(shard.record(0).width == 22);
  CHECK(shard.record(1).height == 25);  // 22 x 14, after it was turned
  CHECK(shard.record(1).width == 16);
}

TEST_CASE("a record's checksum is zlib's CRC-32 of its pixels and its label", "[pack]") {
  const PhotoFolder folder;
  const TemporaryFolder out;
  Packing(folder.path(), out.path());
  const SafetensorsFile file(shard_file(out.path(), Split::train, 1));
  const auto pixels = file.u8("pixels");
  const int32_t label = file.i32("labels")[1];
  Bytef bytes[] = {Bytef(label), 0, 0, 0};
  const uLong sum = crc32(crc32(0, pixels.data() + pixels.size() / 2, uInt(pixels.size() / 2)), bytes, 4);
  CHECK(file.u32("checksums")[1] == sum);
  CHECK(file.metadata().at("names") == R"(["bee/1.jpg","bee/2.jpg"])");
}

TEST_CASE("a pack's bytes do not depend on the number of threads or the folder's place", "[pack]") {
  const PhotoFolder folder, twin;
  const TemporaryFolder one, four;
  for (const TemporaryFolder* photos : {&folder, &twin}) photos->write("train/ant/0.jpg", "broken");
  PackOptions options = kOptions;
  options.skip_broken = true;
  options.threads = 1;
  Packing(folder.path(), one.path(), options);
  options.threads = 4;
  Packing(twin.path(), four.path(), options);
  CHECK(files_in(one.path()) == files_in(four.path()));
}

TEST_CASE("packing goes on where it was stopped and keeps what is finished", "[pack]") {
  const PhotoFolder folder;
  const TemporaryFolder whole, stopped;
  Packing(folder.path(), whole.path());
  Packing(folder.path(), stopped.path());
  const fs::path kept = shard_file(stopped.path(), Split::train, 0);
  fs::remove(pack_index_file(stopped.path()));
  fs::remove(shard_file(stopped.path(), Split::train, 1));
  stopped.write("train-00001.safetensors.tmp-1", "half a shard");
  CHECK_THAT(message_of([&] { open_dataset(stopped.path(), Split::train); }),
             Contains(stopped.path().string()) && Contains("not finished"));
  const auto before = fs::last_write_time(kept);
  CHECK(Packing(folder.path(), stopped.path()).packed == 8);
  CHECK(fs::last_write_time(kept) == before);
  CHECK(files_in(whole.path()) == files_in(stopped.path()));

  // A finished pack is left alone.
  const auto index = fs::last_write_time(pack_index_file(stopped.path()));
  const Packing again(folder.path(), stopped.path());
  CHECK(again.packed == 8);
  CHECK(again.measured == 0);
  CHECK(again.index.shards.at(Split::train).size() == 3);
  CHECK(fs::last_write_time(pack_index_file(stopped.path())) == index);

  // A photograph at the end of the list needs a shard of its own, and new statistics; also when packing was stopped
  // just before they were measured.
  const std::string old_index = read_whole(pack_index_file(stopped.path()));
  folder.add("train/cat/2.jpg", "444.jpg");
  CHECK(Packing(folder.path(), stopped.path()).measured == 7);
  write_plainly(pack_index_file(stopped.path()), old_index);
  CHECK(Packing(folder.path(), stopped.path()).measured == 7);
  CHECK(fs::last_write_time(kept) == before);
  CHECK(statistics_of(*open_dataset(stopped.path(), Split::train)).images == 7);
}

TEST_CASE("a broken photograph fails or is left out, by name", "[pack]") {
  const PhotoFolder folder;
  const TemporaryFolder out;
  folder.write("train/bee/2.jpg", "These are no pixels.");
  CHECK_THAT(refusal(folder.path(), out.path()), Contains((folder / "train/bee/2.jpg").string()));
  CHECK(fs::exists(shard_file(out.path(), Split::train, 0)));
  CHECK_FALSE(fs::exists(pack_index_file(out.path())));

  fs::create_symlink("absent", folder / "train/cat/2.jpg");
  PackOptions options = kOptions;
  options.skip_broken = true;
  for (int run = 0; run < 2; ++run) {  // the second one finds all shards finished
    const Packing packing(folder.path(), out.path(), options);
    CHECK(packing.left_out.size() == 2);
    CHECK_THAT(packing.left_out.at("train/bee/2.jpg"), Catch::StartsWith("is not a picture"));
    CHECK(packing.left_out.at("train/cat/2.jpg") == "there is no such file");
    CHECK(packing.index.broken == packing.left_out);
    CHECK(packing.index.shards.at(Split::train) == std::vector<long>{2, 1, 2, 0});
  }
  CHECK(open_dataset(out.path(), Split::train)->size() == 5);
  CHECK_THAT(refusal(folder.path(), out.path()), Contains("train/bee/2.jpg") && Contains("--broken skip"));
}

TEST_CASE("a folder that holds another pack is not touched", "[pack]") {
  const PhotoFolder folder;
  const TemporaryFolder out;
  Packing(folder.path(), out.path());
  const auto before = files_in(out.path());
  PackOptions other = kOptions;
  other.side = 17;
  CHECK_THAT(refusal(folder.path(), out.path(), other), Contains("other options"));
  folder.add("train/ant/3.jpg", "444.jpg");
  CHECK_THAT(refusal(folder.path(), out.path()), Contains("other photographs"));
  CHECK(files_in(out.path()) == before);
}

TEST_CASE("what cannot be packed is refused", "[pack]") {
  const TemporaryFolder empty, out;
  CHECK_THAT(refusal(empty.path(), out.path()), Contains("holds no photographs to pack"));
  CHECK_THAT(refusal(empty / "absent", out.path()), Contains("holds no photographs to pack"));
  const PhotoFolder folder;
  CHECK_THAT(refusal(folder.path(), folder / "train/ant/1.jpg"), Contains("1.jpg: cannot be made a folder"));
  PackOptions options = kOptions;
  options.side = 0;
  CHECK_THAT(refusal(folder.path(), out.path(), options), Contains("--side"));
}

TEST_CASE("a full disk is an error, and packing goes on afterwards", "[pack]") {
  const PhotoFolder folder;
  const TemporaryFolder out, whole;
  {
    const FileSizeLimit limit(1000);
    CHECK_THAT(refusal(folder.path(), out.path()), Contains("train-00000.safetensors") && Contains("File too large"));
  }
  CHECK(out.entries() == 0);
  Packing(folder.path(), out.path());
  Packing(folder.path(), whole.path());
  CHECK(files_in(out.path()) == files_in(whole.path()));
}

// A pack that a test may damage.
struct Damaged {
  PhotoFolder folder;
  TemporaryFolder out;
  Damaged() { Packing(folder.path(), out.path()); }

  void change(const fs::path& file, const std::function<void(std::string&)>& change) const {
    std::string bytes = read_whole(file);
    change(bytes);
    write_plainly(file, bytes);
  }
  std::string message() const {
    return message_of([&] { open_dataset(out.path(), Split::train); });
  }
};

TEST_CASE("a damaged record is named, the others can be read", "[pack]") {
  const Damaged pack;
  const fs::path file = shard_file(pack.out.path(), Split::train, 1);
  pack.change(file, [](std::string& bytes) { bytes[bytes.size() - 1] ^= 1; });  // a pixel of train/bee/2.jpg, image 3
  const auto dataset = open_dataset(pack.out.path(), Split::train);
  std::vector<uint8_t> pixels(size_t(dataset->format().elements()));
  int32_t label;
  CHECK_THAT(message_of([&] { dataset->read(3, pixels.data(), &label); }),
             Contains(file.string()) && Contains("record 1 (bee/2.jpg)") && Contains("checksum"));
  CHECK_NOTHROW(dataset->read(2, pixels.data(), &label));
  CHECK_NOTHROW(dataset->read(4, pixels.data(), &label));
}

TEST_CASE("shards are not trusted", "[pack]") {
  const auto refused = [](const std::string& what, const std::function<void(std::string&)>& change) {
    const Damaged pack;
    const fs::path file = shard_file(pack.out.path(), Split::train, 2);
    pack.change(file, change);
    CHECK_THAT(pack.message(), Contains(file.string()) && Contains(what));
  };
  const auto replace = [](const std::string& from, const std::string& to) {
    return [=](std::string& bytes) {
      REQUIRE(from.size() == to.size());
      REQUIRE(bytes.find(from) != std::string::npos);
      bytes.replace(bytes.find(from), from.size(), to);
    };
  };
  refused("cut short", [](std::string& bytes) { bytes.resize(100); });
  refused("tensors take", [](std::string& bytes) { bytes.resize(bytes.size() - 1); });
  refused("no 'side'", replace("\"side\"", "\"edge\""));
  refused("'1x'", replace("\"side\":\"16\"", "\"side\":\"1x\""));
  refused("bytes of pixels", replace("\"side\":\"16\"", "\"side\":\"15\""));
  refused("which it cannot have", replace("\"side\":\"16\"", "\"side\":\"99\""));
  refused("'centre-squarf'", replace("centre-square", "centre-squarf"));
  refused("no tensor 'labels'", replace("\"labels\"", "\"lapels\""));
  // Labels are the first tensor after the header: make the first one 3 of 3 classes.
  refused("label 3, expected 0 to 2", [](std::string& bytes) {
    uint64_t header;
    std::memcpy(&header, bytes.data(), sizeof header);
    bytes[8 + header] = 3;
  });
}

TEST_CASE("a shard of whole photographs with impossible sizes is refused", "[pack]") {
  const PhotoFolder folder;
  const TemporaryFolder out;
  PackOptions options = kOptions;
  options.framing = Framing::whole;
  Packing(folder.path(), out.path(), options);
  const fs::path file = shard_file(out.path(), Split::train, 0);
  const std::string sound = read_whole(file);
  const int32_t sizes[] = {16, 22, 25, 16};
  const std::string bytes(reinterpret_cast<const char*>(sizes), sizeof sizes);
  const size_t at = sound.find(bytes);
  REQUIRE(at != std::string::npos);
  for (const int32_t width : {0, -16, 23, 15, 0x7fffffff}) {
    INFO(width);
    std::string damaged = sound;
    std::memcpy(&damaged[at + 4], &width, sizeof width);
    write_plainly(file, damaged);
    CHECK_THAT(message_of([&] { open_dataset(out.path(), Split::train); }), Contains(file.string()));
  }
}

TEST_CASE("the index and the statistics are not trusted", "[pack]") {
  const auto index_refused = [](const std::string& text, const std::string& what) {
    CHECK_THAT(message_of([&] { parse_pack_index(text, "pack.json"); }), Contains("pack.json") && Contains(what));
  };
  const PackIndex index{16, Framing::whole, {"a"}, {{Split::train, {2}}}, {{"train/a/b", "why"}}};
  const PackIndex parsed = parse_pack_index(to_json(index), "x");
  CHECK(parsed.framing == Framing::whole);
  CHECK(parsed.broken == index.broken);
  index_refused("", "no index");
  index_refused("[1, 2]", "no index");
  index_refused(R"({"format": "tandem-pack-9"})", "tandem-pack-9");
  index_refused(R"({"format": "tandem-pack-1", "side": "x"})", "no index");
  index_refused(R"({"format": "tandem-pack-1", "side": 0, "framing": "whole", "classes": ["a"], "shards": {},
                    "broken": {}})",
                "cannot be");
  const Damaged cut, other, absent, no_split;
  cut.change(pack_statistics_file(cut.out.path()), [](std::string& bytes) { bytes.resize(bytes.size() / 2); });
  CHECK_THAT(cut.message(), Contains("statistics.safetensors"));
  fs::remove(pack_statistics_file(absent.out.path()));
  CHECK_THAT(absent.message(), Contains("statistics.safetensors"));
  PackIndex fewer = parse_pack_index(read_whole(pack_index_file(other.out.path())), "");
  fewer.shards[Split::train].pop_back();
  write_plainly(pack_index_file(other.out.path()), to_json(fewer));
  CHECK_THAT(other.message(), Contains("does not belong to these shards"));
  fewer.shards.erase(Split::train);
  write_plainly(pack_index_file(no_split.out.path()), to_json(fewer));
  CHECK_THAT(no_split.message(), Contains("holds no train split"));
}

}  // namespace
}  // namespace tandem
