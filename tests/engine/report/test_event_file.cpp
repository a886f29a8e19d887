// Tests engine/report/event_file against bytes that TensorBoard itself made; tests/apps/test_tensorboard.cpp has it
// read whole runs.
#include "engine/report/event_file.h"

#include <catch2/catch.hpp>
#include <cstring>
#include <nlohmann/json.hpp>

#include "engine/core/error.h"
#include "tests/engine/file_size_limit.h"
#include "tests/temporary_folder.h"

using namespace tandem;
using Catch::Matchers::Contains;

namespace {

std::string from_hex(const std::string& hex) {
  std::string bytes;
  for (size_t i = 0; i < hex.size(); i += 2) bytes += char(std::stoi(hex.substr(i, 2), nullptr, 16));
  return bytes;
}

template <class T>
T number_at(const std::string& bytes, size_t offset) {
  T value;
  REQUIRE(offset + sizeof value <= bytes.size());
  std::memcpy(&value, bytes.data() + offset, sizeof value);
  return value;
}

uint32_t masked(const std::string& bytes) {  // as tensorboard/compat/tensorflow_stub/pywrap_tensorflow.py has it
  const uint32_t crc = crc32c(bytes);
  return ((crc >> 15) | (crc << 17)) + 0xa282ead8u;
}

// What follows the wall time (9 bytes: its key and a double) in each record's event.
std::vector<std::string> events_in(const std::filesystem::path& path) {
  const std::string file = read_whole(path);
  std::vector<std::string> events;
  for (size_t at = 0; at < file.size();) {
    const auto length = number_at<uint64_t>(file, at);
    CHECK(number_at<uint32_t>(file, at + 8) == masked(file.substr(at, 8)));
    const std::string event = file.substr(at + 12, length);
    CHECK(number_at<uint32_t>(file, at + 12 + length) == masked(event));
    CHECK(event[0] == '\x09');
    CHECK(number_at<double>(event, 1) > 1.7e9);  // seconds since 1970, in this century
    events.push_back(event.substr(9));
    at += 12 + length + 4;
  }
  return events;
}

// tensorboard 2.21: Event(wall_time=1, ...).SerializeToString()[9:].hex()
const std::string kVersion = from_hex("1a0d627261696e2e4576656e743a32");  // file_version="brain.Event:2"
const std::string kStart = from_hex("10ad023a020801");                    // step=301, session_log status START
// step=301, summary of "loss" 0.5 and "parts/a" -2
const std::string kScalars = from_hex("10ad022a1d0a0b0a046c6f7373150000003f0a0e0a0770617274732f6115000000c0");

}  // namespace

TEST_CASE("crc32c gives the published values", "[events]") {
  CHECK(crc32c("123456789") == 0xe3069283);            // the CRC catalogue's check value
  CHECK(crc32c(std::string(32, '\0')) == 0x8a9136aa);  // RFC 3720, B.4
  CHECK(crc32c(std::string(32, '\xff')) == 0x62a8ab43);
  CHECK(crc32c("") == 0);
}

TEST_CASE("a log's line becomes the event that TensorBoard would write", "[events]") {
  const TemporaryFolder folder;
  EventFile events(folder.path(), 0);
  events.write({{"step", 301}, {"loss", 0.5}, {"parts", {{"a", -2}}}, {"note", "text"}, {"missing", nullptr}});
  CHECK(events_in(folder / "events.out.tfevents.000000") == std::vector{kVersion, kScalars});
}

TEST_CASE("a resumed run has a file of its own, which takes back later steps", "[events]") {
  const TemporaryFolder folder;
  EventFile(folder.path(), 0);
  EventFile(folder.path(), 300);
  CHECK(events_in(folder / "events.out.tfevents.000000") == std::vector{kVersion});
  CHECK(events_in(folder / "events.out.tfevents.000001") == std::vector{kVersion, kStart});
  std::filesystem::remove(folder / "events.out.tfevents.000000");
  EventFile(folder.path(), 300);
  CHECK(events_in(folder / "events.out.tfevents.000001").size() == 2);  // never written over
  CHECK(events_in(folder / "events.out.tfevents.000002").size() == 2);
  EventFile(folder.path(), 0);
  CHECK(folder.entries() == 1);
}

TEST_CASE("a full disk is an error with the event file's name", "[events]") {
  const TemporaryFolder folder;
  EventFile events(folder.path(), 0);
  const FileSizeLimit limit(40);
  CHECK_THROWS_WITH(events.write({{"step", 1}, {"loss", 1}}), Contains("tfevents") && Contains("File too large"));
}
