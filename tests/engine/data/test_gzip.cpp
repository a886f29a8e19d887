#include "engine/data/gzip.h"

#include <catch2/catch.hpp>
#include <numeric>

#include "tests/engine/data/test_files.h"

namespace tandem {
namespace {

using Catch::Matchers::Contains;
using test::Bytes;
using test::gzip;
using test::message_of;

Bytes ramp(size_t size) {
  Bytes bytes(size);
  std::iota(bytes.begin(), bytes.end(), uint8_t(0));
  return bytes;
}

TEST_CASE("a file is read plain or from gzip", "[data]") {
  const TemporaryFolder folder;
  const Bytes content = ramp(200000);  // longer than one round of decompression
  CHECK(read_file(folder.write("plain", content)) == content);
  CHECK(read_file(folder.write("packed.gz", gzip(content))) == content);
}

TEST_CASE("the size limit holds to the byte, before and after decompression", "[data]") {
  const TemporaryFolder folder;
  const Bytes content(1000, 7);
  const auto plain = folder.write("plain", content), packed = folder.write("packed.gz", gzip(content));
  CHECK(read_file(plain, 1000) == content);
  CHECK(read_file(packed, 1000) == content);
  CHECK_THAT(message_of([&] { read_file(plain, 999); }), Contains(plain.string()) && Contains("999 bytes"));
  CHECK_THAT(message_of([&] { read_file(packed, 999); }),
             Contains(packed.string()) && Contains("decompresses to more"));
}

TEST_CASE("unreadable files are named", "[data]") {
  const TemporaryFolder folder;
  const auto expect = [](const std::filesystem::path& file, const std::string& reason) {
    CHECK_THAT(message_of([&] { read_file(file); }), Contains(file.string()) && Contains(reason));
  };
  expect(folder.path() / "absent", "no such file");
  expect(folder.path(), "not a regular file");
  expect(folder.write("empty", Bytes{}), "is empty");
  expect(folder.write("empty.gz", Bytes{}), "is empty");
  expect(folder.write("nothing.gz", gzip({})), "decompresses to nothing");
  expect(folder.write("plain.gz", ramp(100)), "not a sound gzip file");

  const Bytes sound = gzip(ramp(5000));
  Bytes truncated = sound, corrupt = sound, wrong_checksum = sound, trailing = sound;
  truncated.resize(sound.size() - 1);
  corrupt[sound.size() / 2] ^= 0x10;
  wrong_checksum[sound.size() - 8] ^= 1;  // RFC 1952: the CRC is the last but one 32-bit word
  trailing.push_back(0);
  expect(folder.write("truncated.gz", truncated), "ends too early");
  expect(folder.write("corrupt.gz", corrupt), "not a sound gzip file");
  expect(folder.write("checksum.gz", wrong_checksum), "incorrect data check");
  expect(folder.write("trailing.gz", trailing), "1 bytes follow");
}

TEST_CASE("every truncation of a gzip file is an error", "[data]") {
  const TemporaryFolder folder;
  const Bytes sound = gzip(ramp(300));
  for (size_t size = 0; size < sound.size(); ++size) {
    const auto file = folder.write("cut.gz", Bytes(sound.begin(), sound.begin() + long(size)));
    CHECK_THAT(message_of([&] { read_file(file); }), Contains(file.string()));
  }
}

}  // namespace
}  // namespace tandem
