#include "engine/files/safetensors.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <nlohmann/json.hpp>
#include <set>

#include "engine/core/error.h"
#include "engine/files/atomic_file.h"

namespace tandem {

static_assert(std::endian::native == std::endian::little, "tensors are written and mapped as they are in memory");

namespace {

using nlohmann::json;

constexpr size_t kLengthSize = 8;  // the header's length stands before the header
constexpr uint64_t kLargestHeader = 100'000'000;
constexpr int kDeepestHeader = 3;  // file > tensor > shape
const char* const kMetadata = "__metadata__";

// Bytes a tensor of this type and shape takes; false where there is no such tensor.
bool tensor_size(const std::string& dtype, const std::vector<long>& shape, size_t& size) {
  size = dtype_size(dtype);
  if (size == 0) return false;
  for (long extent : shape)
    if (extent < 0 || __builtin_mul_overflow(size, static_cast<size_t>(extent), &size)) return false;
  return true;
}

// nlohmann::json keeps the last of several equal keys; two tensors of one name must be refused instead. The depth is
// limited because a header of 100 MB of "[" would take gigabytes.
json parse_header(std::string_view text, const std::string& where) {
  std::vector<std::set<std::string>> keys;
  auto check = [&](int depth, json::parse_event_t event, json& parsed) {
    if (depth > kDeepestHeader) throw Error(where, "the header is nested too deeply");
    if (event == json::parse_event_t::object_start) keys.emplace_back();
    if (event == json::parse_event_t::object_end) keys.pop_back();
    if (event == json::parse_event_t::key && !keys.back().insert(parsed.get<std::string>()).second)
      throw Error(where, "the header names " + parsed.dump() + " twice");
    return true;
  };
  try {
    json header = json::parse(text, check);
    if (!header.is_object()) throw Error(where, "the header is not a JSON object");
    return header;
  } catch (const json::exception& error) {
    throw Error(where, std::string("the header is not JSON: ") + error.what());
  }
}

std::map<std::string, std::string> read_metadata(const json& entry, const std::string& where) {
  if (!entry.is_object()) throw Error(where, "__metadata__ is not an object");
  std::map<std::string, std::string> metadata;
  for (const auto& [key, value] : entry.items()) {
    if (!value.is_string()) throw Error(where, "__metadata__ holds '" + key + "' that is not text");
    metadata[key] = value.get<std::string>();
  }
  return metadata;
}

bool is_list_of_sizes(const json& list) {
  return list.is_array() && std::all_of(list.begin(), list.end(), [](const json& item) {
           return item.is_number_unsigned() && item.get<uint64_t>() <= static_cast<uint64_t>(INT64_MAX);
         });
}

TensorInfo read_info(const json& entry, const std::string& where) {
  if (!entry.is_object()) throw Error(where, "is described by something that is not an object");
  for (const char* key : {"dtype", "shape", "data_offsets"})
    if (!entry.contains(key)) throw Error(where, std::string("has no ") + key);
  if (!entry["dtype"].is_string()) throw Error(where, "dtype is not text");
  if (!is_list_of_sizes(entry["shape"])) throw Error(where, "shape is not a list of sizes");
  if (!is_list_of_sizes(entry["data_offsets"]) || entry["data_offsets"].size() != 2)
    throw Error(where, "data_offsets are not two positions");

  TensorInfo info{entry["dtype"].get<std::string>(), entry["shape"].get<std::vector<long>>(),
                  entry["data_offsets"][0].get<size_t>(), entry["data_offsets"][1].get<size_t>()};
  if (dtype_size(info.dtype) == 0) throw Error(where, "dtype '" + info.dtype + "' is unknown");
  size_t size;
  if (!tensor_size(info.dtype, info.shape, size)) throw Error(where, "shape is too large");
  if (info.end < info.begin || info.end - info.begin != size)
    throw Error(where, "takes " + std::to_string(size) + " bytes by its shape, but data_offsets are " +
                           entry["data_offsets"].dump());
  return info;
}

// The tensors must cover the data exactly: no byte twice, none left over.
void check_cover(const std::map<std::string, TensorInfo>& tensors, size_t data_size, const std::string& where) {
  std::vector<const std::pair<const std::string, TensorInfo>*> order;
  for (const auto& tensor : tensors) order.push_back(&tensor);
  std::sort(order.begin(), order.end(), [](const auto* a, const auto* b) {
    return std::pair(a->second.begin, a->second.end) < std::pair(b->second.begin, b->second.end);
  });
  size_t position = 0;
  for (const auto* tensor : order) {
    const auto& [name, info] = *tensor;
    if (info.begin != position)
      throw Error(where, "tensor '" + name + "' begins at byte " + std::to_string(info.begin) + " of the data, where " +
                             std::to_string(position) + " was expected");
    position = info.end;
  }
  if (position != data_size)
    throw Error(where, "the tensors take " + std::to_string(position) + " bytes, but the file holds " +
                           std::to_string(data_size));
}

}  // namespace

size_t dtype_size(const std::string& dtype) {
  static const std::map<std::string, size_t> sizes = {
      {"F64", 8}, {"I64", 8}, {"U64", 8},  {"F32", 4}, {"I32", 4}, {"U32", 4},     {"F16", 2},    {"BF16", 2},
      {"I16", 2}, {"U16", 2}, {"BOOL", 1}, {"U8", 1},  {"I8", 1},  {"F8_E4M3", 1}, {"F8_E5M2", 1}};
  const auto found = sizes.find(dtype);
  return found == sizes.end() ? 0 : found->second;
}

std::string shape_text(const std::vector<long>& shape) {
  std::string text;
  for (const long d : shape) text += (text.empty() ? "" : "x") + std::to_string(d);
  return text;
}

SafetensorsFile::SafetensorsFile(const std::filesystem::path& path) : path_(path), file_(path) {
  const std::string where = path.string();
  const std::span<const std::byte> bytes = file_.bytes();
  if (bytes.size() < kLengthSize) throw Error(where, "is too short for a safetensors file");
  uint64_t header_size;
  std::memcpy(&header_size, bytes.data(), kLengthSize);
  if (header_size > kLargestHeader)
    throw Error(where, "claims a header of " + std::to_string(header_size) + " bytes and is no safetensors file");
  if (header_size > bytes.size() - kLengthSize)
    throw Error(where, "claims a header of " + std::to_string(header_size) + " bytes but ends after " +
                           std::to_string(bytes.size()) + ": it is cut short or no safetensors file");

  const std::string_view text(reinterpret_cast<const char*>(bytes.data()) + kLengthSize, header_size);
  const json header = parse_header(text, where);
  for (const auto& [name, entry] : header.items()) {
    if (name == kMetadata)
      metadata_ = read_metadata(entry, where);
    else
      tensors_[name] = read_info(entry, where + ": tensor '" + name + "'");
  }
  data_ = bytes.subspan(kLengthSize + header_size);
  check_cover(tensors_, data_.size(), where);
  copy_misaligned();
}

// Other writers need not align their tensors. Copying here, once, keeps the accessors const and safe for many threads.
void SafetensorsFile::copy_misaligned() {
  for (const auto& [name, info] : tensors_) {
    const std::span<const std::byte> bytes = data_.subspan(info.begin, info.end - info.begin);
    if (reinterpret_cast<uintptr_t>(bytes.data()) % dtype_size(info.dtype) != 0)
      aligned_.emplace(name, std::vector<std::byte>(bytes.begin(), bytes.end()));
  }
}

const TensorInfo& SafetensorsFile::info(const std::string& name) const {
  const auto found = tensors_.find(name);
  if (found == tensors_.end()) throw Error(path_.string(), "has no tensor '" + name + "'");
  return found->second;
}

std::span<const std::byte> SafetensorsFile::bytes(const std::string& name) const {
  const TensorInfo& tensor = info(name);
  const auto copy = aligned_.find(name);
  return copy == aligned_.end() ? data_.subspan(tensor.begin, tensor.end - tensor.begin) : std::span(copy->second);
}

template <class T>
std::span<const T> SafetensorsFile::typed(const std::string& name, const std::string& dtype) const {
  const TensorInfo& tensor = info(name);
  if (tensor.dtype != dtype)
    throw Error(path_.string(), "tensor '" + name + "' is " + tensor.dtype + " where " + dtype + " is expected");
  const std::span<const std::byte> raw = bytes(name);
  return {reinterpret_cast<const T*>(raw.data()), raw.size() / sizeof(T)};
}

std::span<const double> SafetensorsFile::f64(const std::string& name) const { return typed<double>(name, "F64"); }
std::span<const float> SafetensorsFile::f32(const std::string& name) const { return typed<float>(name, "F32"); }
std::span<const int64_t> SafetensorsFile::i64(const std::string& name) const { return typed<int64_t>(name, "I64"); }
std::span<const int32_t> SafetensorsFile::i32(const std::string& name) const { return typed<int32_t>(name, "I32"); }
std::span<const uint32_t> SafetensorsFile::u32(const std::string& name) const { return typed<uint32_t>(name, "U32"); }
std::span<const uint8_t> SafetensorsFile::u8(const std::string& name) const { return typed<uint8_t>(name, "U8"); }

void write_safetensors(const std::filesystem::path& path, const std::vector<TensorToWrite>& tensors,
                       const std::map<std::string, std::string>& metadata) {
  const std::string where = path.string();
  std::vector<const TensorToWrite*> order;
  for (const TensorToWrite& tensor : tensors) order.push_back(&tensor);
  std::stable_sort(order.begin(), order.end(), [](const TensorToWrite* a, const TensorToWrite* b) {
    return dtype_size(a->dtype) > dtype_size(b->dtype);
  });

  nlohmann::ordered_json header = nlohmann::ordered_json::object();
  if (!metadata.empty()) header[kMetadata] = metadata;
  std::set<std::string> names = {kMetadata};
  size_t position = 0;
  for (const TensorToWrite* tensor : order) {
    if (!names.insert(tensor->name).second) throw Error(where, "the name '" + tensor->name + "' is already taken");
    size_t size;
    if (!tensor_size(tensor->dtype, tensor->shape, size) || size != tensor->bytes.size())
      throw Error(where, "tensor '" + tensor->name + "' of type " + tensor->dtype + " has " +
                             std::to_string(tensor->bytes.size()) + " bytes, which is not what its shape takes");
    header[tensor->name] = {
        {"dtype", tensor->dtype}, {"shape", tensor->shape}, {"data_offsets", {position, position + size}}};
    position += size;
  }

  std::string text;
  try {
    text = header.dump();
  } catch (const json::exception& error) {
    throw Error(where, std::string("a name or text is not UTF-8: ") + error.what());
  }
  text.append((8 - text.size() % 8) % 8, ' ');
  const uint64_t header_size = text.size();

  AtomicFile file(path);
  file.write(std::as_bytes(std::span(&header_size, 1)));
  file.write(text);
  for (const TensorToWrite* tensor : order) file.write(tensor->bytes);
  file.commit();
}

}  // namespace tandem
