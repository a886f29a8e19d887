// A shard: one file of packed photographs. It is a safetensors file, so that any program can read it, with
//   pixels    U8   [records][side][side][3], or [bytes], one record after the other, where photographs are whole
//   sizes     I32  [records][2], height and width, only where photographs are whole
//   labels    I32  [records]
//   checksums U32  [records], CRC-32 (zlib's) of a record's pixels and then of its label's four bytes
// and, under __metadata__, `side` and `framing` (see read_photograph), `names` (a JSON array: "CLASS/FILE" of every
// record), `broken` (a JSON object: of every photograph that could not be read, the name and the reason), and `source`,
// which tells whether the shard was made of certain photographs (see pack.h).
#pragma once
#include <cstdint>
#include <filesystem>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "engine/data/photograph.h"
#include "engine/files/safetensors.h"

namespace tandem {

struct ShardContents {
  int side = 0;
  Framing framing = Framing::centre_square;
  std::string source;
  std::vector<std::string> names;
  std::vector<int32_t> labels;
  std::vector<Image> images;
  std::map<std::string, std::string> broken;
};

void write_shard(const std::filesystem::path& path, const ShardContents& contents);  // atomically

// The file is not trusted: the constructor refuses, with an Error that says why, whatever does not have the form above.
class Shard {
 public:
  explicit Shard(const std::filesystem::path& path);

  int side() const { return side_; }
  Framing framing() const { return framing_; }
  const std::string& source() const { return source_; }
  std::map<std::string, std::string> broken() const;

  long size() const { return long(labels_.size()); }
  std::span<const int32_t> labels() const { return labels_; }

  struct Record {
    int height, width;
    std::span<const uint8_t> pixels;  // [height][width][3], valid as long as the shard
  };
  // 0 <= index < size(). Throws Error, with the file, the record and its name, when the checksum is wrong.
  Record record(long index) const;

 private:
  Record unchecked(long index) const;
  void find_records();
  std::string metadata(const std::string& key) const;

  std::filesystem::path path_;
  SafetensorsFile file_;
  int side_ = 0;
  Framing framing_ = Framing::centre_square;
  std::string source_;
  std::span<const int32_t> labels_, sizes_;
  std::span<const uint32_t> checksums_;
  std::span<const uint8_t> pixels_;
  std::vector<size_t> begins_;  // of every record in pixels_, and the end of the last
};

}  // namespace tandem
