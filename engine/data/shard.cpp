#include "engine/data/shard.h"

#include <zlib.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <nlohmann/json.hpp>

#include "engine/core/error.h"

namespace tandem {
namespace {

using nlohmann::json;

constexpr int kChannels = 3;

uint32_t checksum(std::span<const uint8_t> pixels, int32_t label) {
  uint8_t bytes[sizeof label];
  std::memcpy(bytes, &label, sizeof label);
  return uint32_t(crc32(crc32(0, pixels.data(), uInt(pixels.size())), bytes, sizeof bytes));
}

int parse_side(const std::string& text, const std::string& where) {
  int side = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), side);
  if (failure != std::errc() || end != text.data() + text.size() || side < 1 || side > kMaximumPhotographSide)
    throw Error(where, "'" + text + "' is no side of a photograph");
  return side;
}

Framing parse_framing(const std::string& text, const std::string& where) {
  for (const Framing framing : {Framing::centre_square, Framing::whole})
    if (text == to_string(framing)) return framing;
  throw Error(where, "'" + text + "' is no framing of photographs");
}

// JSON of strings, which a hostile file may nest as deeply as it likes: the parser does not recurse.
template <class Strings>
Strings parse_strings(const std::string& text, const std::string& where) {
  try {
    return json::parse(text).get<Strings>();
  } catch (const json::exception& error) {
    throw Error(where, std::string("is not what it should be: ") + error.what());
  }
}

template <class T>
TensorToWrite tensor(const std::string& name, const std::string& dtype, std::vector<long> shape,
                     const std::vector<T>& values) {
  return {name, dtype, std::move(shape), std::as_bytes(std::span(values))};
}

}  // namespace

void write_shard(const std::filesystem::path& path, const ShardContents& contents) {
  const long records = long(contents.images.size()), side = contents.side;
  std::vector<uint8_t> pixels;
  std::vector<int32_t> sizes;
  std::vector<uint32_t> checksums;
  size_t bytes = 0;
  for (const Image& image : contents.images) bytes += image.rgb.size();
  pixels.reserve(bytes);
  for (long i = 0; i < records; ++i) {
    const Image& image = contents.images[size_t(i)];
    pixels.insert(pixels.end(), image.rgb.begin(), image.rgb.end());
    sizes.insert(sizes.end(), {image.height, image.width});
    checksums.push_back(checksum(image.rgb, contents.labels[size_t(i)]));
  }
  const bool whole = contents.framing == Framing::whole;
  std::vector<TensorToWrite> tensors = {
      tensor("labels", "I32", {records}, contents.labels), tensor("checksums", "U32", {records}, checksums),
      tensor("pixels", "U8", whole ? std::vector<long>{long(bytes)} : std::vector<long>{records, side, side, kChannels},
             pixels)};
  if (whole) tensors.push_back(tensor("sizes", "I32", {records, 2}, sizes));
  write_safetensors(path, tensors,
                    {{"side", std::to_string(side)},
                     {"framing", to_string(contents.framing)},
                     {"source", contents.source},
                     {"names", json(contents.names).dump()},
                     {"broken", json(contents.broken).dump()}});
}

Shard::Shard(const std::filesystem::path& path)
    : path_(path),
      file_(path),
      side_(parse_side(metadata("side"), path.string())),
      framing_(parse_framing(metadata("framing"), path.string())),
      source_(metadata("source")),
      labels_(file_.i32("labels")),
      checksums_(file_.u32("checksums")),
      pixels_(file_.u8("pixels")) {
  if (framing_ == Framing::whole) sizes_ = file_.i32("sizes");
  if (checksums_.size() != labels_.size() || (framing_ == Framing::whole && sizes_.size() != 2 * labels_.size()))
    throw Error(path_.string(), "does not hold as many labels, checksums and sizes as each other");
  find_records();
}

void Shard::find_records() {
  begins_.push_back(0);
  for (long i = 0; i < size(); ++i) {
    const long height = framing_ == Framing::whole ? sizes_[size_t(2 * i)] : side_;
    const long width = framing_ == Framing::whole ? sizes_[size_t(2 * i + 1)] : side_;
    const size_t left = pixels_.size() - begins_.back();
    if (std::min(height, width) != side_ || size_t(height) > left / size_t(width) / kChannels)
      throw Error(path_.string(), "gives record " + std::to_string(i) + " a size of " + std::to_string(width) + " x " +
                                      std::to_string(height) + ", which it cannot have");
    begins_.push_back(begins_.back() + size_t(height * width * kChannels));
  }
  if (begins_.back() != pixels_.size())
    throw Error(path_.string(), "holds " + std::to_string(pixels_.size()) + " bytes of pixels, its records take " +
                                    std::to_string(begins_.back()));
}

Shard::Record Shard::unchecked(long index) const {
  const size_t i = size_t(index), begin = begins_[i];
  const bool whole = framing_ == Framing::whole;
  return {whole ? sizes_[2 * i] : side_, whole ? sizes_[2 * i + 1] : side_,
          pixels_.subspan(begin, begins_[i + 1] - begin)};
}

Shard::Record Shard::record(long index) const {
  const Record record = unchecked(index);
  if (checksum(record.pixels, labels_[size_t(index)]) != checksums_[size_t(index)]) {
    const auto names = parse_strings<std::vector<std::string>>(metadata("names"), path_.string() + ": 'names'");
    const std::string name = size_t(index) < names.size() ? " (" + names[size_t(index)] + ")" : "";
    throw Error(path_.string(), "record " + std::to_string(index) + name + " does not match its checksum",
                "remove this file and run tandem pack again");
  }
  return record;
}

std::map<std::string, std::string> Shard::broken() const {
  return parse_strings<std::map<std::string, std::string>>(metadata("broken"), path_.string() + ": 'broken'");
}

std::string Shard::metadata(const std::string& key) const {
  const auto found = file_.metadata().find(key);
  if (found == file_.metadata().end())
    throw Error(path_.string(), "is no shard of packed photographs: it has no '" + key + "'");
  return found->second;
}

}  // namespace tandem
