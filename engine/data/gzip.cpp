#include "engine/data/gzip.h"

#define ZLIB_CONST  // zlib then promises not to write to its input
#include <zlib.h>

#include <algorithm>
#include <fstream>
#include <string>

#include "engine/core/error.h"

namespace tandem {
namespace {

class Inflater {
 public:
  explicit Inflater(const std::vector<uint8_t>& compressed) {
    stream_.next_in = compressed.data();
    stream_.avail_in = uInt(compressed.size());
    constexpr int kGzipOnly = 16;  // added to the window size, as zlib.h has it
    if (inflateInit2(&stream_, MAX_WBITS + kGzipOnly) != Z_OK) throw Error("zlib", "inflateInit2 failed");
  }
  ~Inflater() { inflateEnd(&stream_); }
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;

  z_stream& stream() { return stream_; }

 private:
  z_stream stream_{};
};

[[noreturn]] void too_large(const std::filesystem::path& path, const std::string& how, size_t limit) {
  throw Error(path.string(), how + " more than the " + std::to_string(limit) + " bytes that are read into memory");
}

std::vector<uint8_t> decompress(const std::vector<uint8_t>& compressed, const std::filesystem::path& path,
                                size_t limit) {
  Inflater inflater(compressed);
  z_stream& stream = inflater.stream();
  std::vector<uint8_t> content;
  int status = Z_OK;
  while (status != Z_STREAM_END) {
    // One byte above the limit is enough to see that there is more.
    const size_t used = content.size();
    content.resize(std::min(limit + 1, std::max(size_t(1) << 16, 2 * used)));
    stream.next_out = content.data() + used;
    stream.avail_out = uInt(content.size() - used);
    status = inflate(&stream, Z_NO_FLUSH);
    content.resize(content.size() - stream.avail_out);

    if (content.size() > limit) too_large(path, "decompresses to", limit);
    if (status == Z_BUF_ERROR) {
      throw Error(path.string(),
                  "the compressed data ends too early, after " + std::to_string(compressed.size()) + " bytes",
                  "fetch the file again");
    }
    if (status != Z_OK && status != Z_STREAM_END) {
      const std::string reason = stream.msg ? stream.msg : "zlib status " + std::to_string(status);
      throw Error(path.string(), "is not a sound gzip file (" + reason + ")", "fetch the file again");
    }
  }
  if (stream.avail_in > 0) {
    throw Error(path.string(), std::to_string(stream.avail_in) + " bytes follow the end of the compressed data",
                "fetch the file again");
  }
  if (content.empty()) throw Error(path.string(), "decompresses to nothing");
  return content;
}

}  // namespace

std::vector<uint8_t> read_file(const std::filesystem::path& path, size_t limit) {
  std::error_code failed;
  const auto status = std::filesystem::status(path, failed);
  if (!std::filesystem::exists(status)) throw Error(path.string(), "there is no such file");
  if (!std::filesystem::is_regular_file(status)) throw Error(path.string(), "is not a regular file");
  const auto size = std::filesystem::file_size(path, failed);
  if (failed) throw Error(path.string(), "cannot tell the size: " + failed.message());
  if (size == 0) throw Error(path.string(), "is empty");
  if (size > limit) too_large(path, "holds", limit);

  std::ifstream file(path, std::ios::binary);
  if (!file) throw Error(path.string(), "cannot be opened for reading");
  std::vector<uint8_t> bytes(size);
  file.read(reinterpret_cast<char*>(bytes.data()), std::streamsize(size));
  if (!file) {
    throw Error(path.string(),
                "only " + std::to_string(file.gcount()) + " of " + std::to_string(size) + " bytes could be read");
  }
  return path.extension() == ".gz" ? decompress(bytes, path, limit) : bytes;
}

}  // namespace tandem
