#include "engine/report/event_file.h"

#include <fcntl.h>

#include <bit>
#include <chrono>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace tandem {
namespace {

namespace fs = std::filesystem;

static_assert(std::endian::native == std::endian::little, "numbers are written as they are in memory");

constexpr const char* kPrefix = "events.out.tfevents.";  // TensorBoard knows its files by "tfevents"

template <class T>
std::string raw(T value) {
  return {reinterpret_cast<const char*>(&value), sizeof value};
}

// Protocol buffers: a field is its number and kind, then its value (https://protobuf.dev/programming-guides/encoding).
enum Kind : int { kVarint = 0, kFixed64 = 1, kBytes = 2, kFixed32 = 5 };

std::string varint(uint64_t value) {
  std::string bytes;
  for (; value >= 0x80; value >>= 7) bytes += char(value | 0x80);
  return bytes + char(value);
}

std::string field(int number, Kind kind, const std::string& value) {
  return varint(uint64_t(number) << 3 | uint64_t(kind)) + (kind == kBytes ? varint(value.size()) : "") + value;
}

std::string step_field(long step) { return field(2, kVarint, varint(uint64_t(step))); }

std::string masked_crc(std::string_view bytes) {
  const uint32_t crc = crc32c(bytes);
  return raw((crc >> 15 | crc << 17) + 0xa282ead8);
}

// Names sort in the order in which the files came, for TensorBoard reads them in that order.
fs::path numbered(const fs::path& folder, size_t number) {
  const std::string digits = std::to_string(number);
  return folder / (kPrefix + std::string(digits.size() < 6 ? 6 - digits.size() : 0, '0') + digits);
}

fs::path new_file(const fs::path& folder, long step) {
  std::vector<fs::path> earlier;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder))
    if (entry.path().filename().string().starts_with(kPrefix)) earlier.push_back(entry.path());
  if (step == 0) {
    for (const fs::path& path : earlier) fs::remove(path);
    return numbered(folder, 0);
  }
  size_t number = earlier.size();
  while (fs::exists(numbered(folder, number))) ++number;
  return numbered(folder, number);
}

}  // namespace

uint32_t crc32c(std::string_view bytes) {
  uint32_t crc = 0xffffffff;
  for (const char byte : bytes) {
    crc ^= uint8_t(byte);
    for (int bit = 0; bit < 8; ++bit) crc = crc >> 1 ^ (crc & 1) * 0x82f63b78;  // bit by bit: events are short
  }
  return ~crc;
}

EventFile::EventFile(const fs::path& folder, long step)
    : file_(new_file(folder, step), O_WRONLY | O_CREAT | O_TRUNC | O_APPEND) {
  constexpr int kStart = 1;
  write_event(field(3, kBytes, "brain.Event:2"));
  if (step > 0) write_event(step_field(step + 1) + field(7, kBytes, field(1, kVarint, varint(kStart))));
}

void EventFile::write(const nlohmann::json& line) {
  std::string values;
  const nlohmann::json numbers = line.flatten();
  for (const auto& [path, value] : numbers.items()) {
    const std::string tag = path.substr(1);  // begins with a slash
    if (!value.is_number() || tag == "step") continue;
    values += field(1, kBytes, field(1, kBytes, tag) + field(2, kFixed32, raw(value.get<float>())));
  }
  write_event(step_field(line.at("step").get<long>()) + field(5, kBytes, values));
}

void EventFile::write_event(std::string_view fields) {
  const double now = std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
  const std::string event = field(1, kFixed64, raw(now)) + std::string(fields), length = raw(uint64_t(event.size()));
  const std::string record = length + masked_crc(length) + event + masked_crc(event);
  file_.write(std::as_bytes(std::span(record)));
}

}  // namespace tandem
