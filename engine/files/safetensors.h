// The safetensors container: named tensors with a type and a shape, and a little text beside them.
//
// Layout: 8 bytes, little-endian, the header's length; the header, a JSON object from a tensor's name to {dtype, shape,
// data_offsets: [begin, end)}, with strings under "__metadata__", padded with spaces; then the tensors' little-endian
// bytes, to which the offsets refer. Format: https://github.com/huggingface/safetensors
#pragma once
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "engine/files/mapped_file.h"

namespace tandem {

size_t dtype_size(const std::string& dtype);  // bytes of one "F32", "I64", "BF16", ...; 0 if there is no such type

std::string shape_text(const std::vector<long>& shape);  // "64x3x11x11"; empty for a scalar

struct TensorInfo {
  std::string dtype;
  std::vector<long> shape;  // row-major; [] is a scalar
  size_t begin, end;        // bytes within the file's data
};

// Reads a file by mapping it. The file is not trusted: the constructor refuses, with an Error that says why, a header
// longer than the file or than 100 MB, whatever is no JSON of the form above, repeated names, unknown types, and
// tensors whose bytes do not match their shape, overlap, leave gaps, or do not end with the file (the format's own
// rules).
class SafetensorsFile {
 public:
  explicit SafetensorsFile(const std::filesystem::path& path);

  const std::map<std::string, TensorInfo>& tensors() const { return tensors_; }
  const std::map<std::string, std::string>& metadata() const { return metadata_; }

  bool has(const std::string& name) const { return tensors_.count(name) > 0; }
  const TensorInfo& info(const std::string& name) const;

  // A tensor's values, valid as long as this object. An Error if there is no such tensor, or if it has another type.
  std::span<const std::byte> bytes(const std::string& name) const;
  std::span<const double> f64(const std::string& name) const;
  std::span<const float> f32(const std::string& name) const;
  std::span<const int64_t> i64(const std::string& name) const;
  std::span<const int32_t> i32(const std::string& name) const;
  std::span<const uint32_t> u32(const std::string& name) const;
  std::span<const uint8_t> u8(const std::string& name) const;

 private:
  template <class T>
  std::span<const T> typed(const std::string& name, const std::string& dtype) const;
  void copy_misaligned();

  std::filesystem::path path_;
  MappedFile file_;
  std::span<const std::byte> data_;  // the file after its header
  std::map<std::string, TensorInfo> tensors_;
  std::map<std::string, std::string> metadata_;
  std::map<std::string, std::vector<std::byte>> aligned_;  // copies of the tensors that the file does not align
};

struct TensorToWrite {
  std::string name;
  std::string dtype;
  std::vector<long> shape;
  std::span<const std::byte> bytes;  // row-major, little-endian as this machine is
};

// Writes atomically (see AtomicFile), straight from the given memory. Wider types come first, each type in the given
// order, so that every tensor is aligned to its element.
void write_safetensors(const std::filesystem::path& path, const std::vector<TensorToWrite>& tensors,
                       const std::map<std::string, std::string>& metadata = {});

}  // namespace tandem
