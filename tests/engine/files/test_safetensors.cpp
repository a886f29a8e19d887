// Tests engine/files/safetensors: against bytes laid out by hand, files written by PyTorch's side (the goldens), and
// damaged files, which must be refused or read consistently, never crash (run under TANDEM_SANITIZE=address,undefined).
#include "engine/files/safetensors.h"

#include <catch2/catch.hpp>
#include <cstring>
#include <nlohmann/json.hpp>
#include <random>

#include "engine/core/error.h"
#include "tests/engine/file_size_limit.h"
#include "tests/temporary_folder.h"

using namespace tandem;
using Catch::Matchers::Contains;

namespace {

template <class T>
std::string raw(const std::vector<T>& values) {
  return {reinterpret_cast<const char*>(values.data()), values.size() * sizeof(T)};
}

std::string with_length(const std::string& header, const std::string& data) {
  const uint64_t length = header.size();
  return std::string(reinterpret_cast<const char*>(&length), 8) + header + data;
}

const std::string kHeader =
    R"({"__metadata__":{"made":"by hand"},"w":{"dtype":"F32","shape":[2,2],"data_offsets":[0,16]},)"
    R"("n":{"dtype":"I32","shape":[],"data_offsets":[16,20]},"none":{"dtype":"U8","shape":[0,3],"data_offsets":[20,20]}})";
const std::string kData = raw<float>({1, -2.5f, 3, 0.125f}) + raw<int32_t>({-7});

std::string refusal(const std::filesystem::path& path) {
  try {
    SafetensorsFile file(path);
  } catch (const Error& error) {
    return error.what();
  }
  return "accepted";
}

// Touches everything a reader could reach, so that the sanitizers see it; false where the file is refused.
bool read_everything(const std::filesystem::path& path) {
  try {
    const SafetensorsFile file(path);
    for (const auto& [name, info] : file.tensors()) {
      unsigned sum = 0;
      for (std::byte value : file.bytes(name)) sum += std::to_integer<unsigned>(value);
      size_t size = dtype_size(info.dtype);
      for (long extent : info.shape) size *= static_cast<size_t>(extent);
      if (size != file.bytes(name).size()) throw std::logic_error("size of " + name + std::to_string(sum));
    }
    return true;
  } catch (const Error&) {
    return false;
  }
}

}  // namespace

TEST_CASE("a file laid out by hand is read") {
  const TemporaryFolder folder;
  // One space more moves every tensor off its alignment.
  for (const std::string& header : {kHeader + std::string((8 - kHeader.size() % 8) % 8, ' '), kHeader + " ", kHeader}) {
    write_plainly(folder / "a.safetensors", with_length(header, kData));
    const SafetensorsFile file(folder / "a.safetensors");
    CHECK(file.metadata() == std::map<std::string, std::string>{{"made", "by hand"}});
    REQUIRE(file.tensors().size() == 3);
    CHECK(file.info("w").shape == std::vector<long>{2, 2});
    const auto w = file.f32("w");
    CHECK(reinterpret_cast<uintptr_t>(w.data()) % alignof(float) == 0);
    CHECK(std::vector<float>(w.begin(), w.end()) == std::vector<float>{1, -2.5f, 3, 0.125f});
    REQUIRE(file.i32("n").size() == 1);
    CHECK(file.i32("n")[0] == -7);
    CHECK(file.u8("none").empty());
    CHECK_FALSE(file.has("v"));
    CHECK_THROWS_WITH(file.f32("v"), Contains("a.safetensors: has no tensor 'v'"));
    CHECK_THROWS_WITH(file.f64("w"), Contains("tensor 'w' is F32 where F64 is expected"));
  }
}

TEST_CASE("what is written is laid out by the format's rules and reads back") {
  const TemporaryFolder folder;
  const std::vector<uint8_t> bytes = {1, 2, 3};
  const std::vector<float> floats = {1.5f, -0.0f, 3e38f, 1e-42f, 5, 6};
  const std::vector<uint16_t> halves = {0x3f80, 0xc000};
  const std::vector<double> doubles = {0.1};
  const std::vector<int64_t> longs = {INT64_MIN, INT64_MAX};
  const std::vector<int32_t> ints = {-1};
  auto view = [](const auto& values) { return std::as_bytes(std::span(values)); };
  write_safetensors(folder / "b.safetensors",
                    {{"bytes", "U8", {3}, view(bytes)},
                     {"floats", "F32", {2, 1, 3}, view(floats)},
                     {"halves", "BF16", {2}, view(halves)},
                     {"doubles", "F64", {}, view(doubles)},
                     {"longs", "I64", {2}, view(longs)},
                     {"ints", "I32", {1}, view(ints)},
                     {"nothing", "F32", {0}, {}}},
                    {{"step", "12"}, {"note", "\"quoted\" \u00e9\n"}});

  const std::string whole = read_whole(folder / "b.safetensors");
  uint64_t header_size;
  std::memcpy(&header_size, whole.data(), 8);
  CHECK(header_size % 8 == 0);
  // Widest first, each type in the order given: the data is this and nothing else.
  CHECK(whole.substr(8 + header_size) ==
        raw(doubles) + raw(longs) + raw(floats) + raw(ints) + raw(halves) + raw(bytes));
  const auto header = nlohmann::json::parse(whole.substr(8, header_size));
  CHECK(header["floats"] == nlohmann::json::parse(R"({"dtype":"F32","shape":[2,1,3],"data_offsets":[24,48]})"));

  const SafetensorsFile file(folder / "b.safetensors");
  CHECK(file.metadata() == std::map<std::string, std::string>{{"step", "12"}, {"note", "\"quoted\" \u00e9\n"}});
  CHECK(file.f64("doubles")[0] == 0.1);
  CHECK(file.i64("longs")[0] == INT64_MIN);
  CHECK(std::memcmp(file.f32("floats").data(), floats.data(), 24) == 0);
  CHECK(file.u8("bytes")[2] == 3);
  CHECK(file.bytes("halves").size() == 4);
  CHECK(file.info("nothing").shape == std::vector<long>{0});
}

TEST_CASE("an empty list of tensors is a file") {
  const TemporaryFolder folder;
  write_safetensors(folder / "c.safetensors", {});
  CHECK(read_whole(folder / "c.safetensors") == with_length("{}      ", ""));
  CHECK(SafetensorsFile(folder / "c.safetensors").tensors().empty());
}

TEST_CASE("the writer refuses what would be no file") {
  const TemporaryFolder folder;
  const std::vector<float> two = {1, 2};
  const auto bytes = std::as_bytes(std::span(two));
  const auto path = folder / "d.safetensors";
  CHECK_THROWS_WITH(write_safetensors(path, {{"a", "F32", {2}, bytes}, {"a", "F32", {2}, bytes}}),
                    Contains("the name 'a' is already taken"));
  CHECK_THROWS_WITH(write_safetensors(path, {{"__metadata__", "F32", {2}, bytes}}), Contains("already taken"));
  CHECK_THROWS_WITH(write_safetensors(path, {{"a", "F32", {3}, bytes}}), Contains("tensor 'a'") && Contains("8 bytes"));
  CHECK_THROWS_AS(write_safetensors(path, {{"a", "F31", {2}, bytes}}), Error);
  CHECK_THROWS_AS(write_safetensors(path, {{"a", "F32", {-1, -2}, bytes}}), Error);
  CHECK_THROWS_WITH(write_safetensors(path, {{"\xff", "F32", {2}, bytes}}), Contains("not UTF-8"));
  CHECK(folder.entries() == 0);
  write_plainly(path, "old");
  {
    const FileSizeLimit limit(64);
    CHECK_THROWS_WITH(write_safetensors(path, {{"a", "F32", {2}, bytes}}), Contains("File too large"));
  }
  CHECK(read_whole(path) == "old");
  CHECK(folder.entries() == 1);
}

TEST_CASE("a bad safetensors file is refused with the reason") {
  const TemporaryFolder folder;
  const std::filesystem::path path = folder / "bad.safetensors";
  auto reason = [&](const std::string& bytes) {
    write_plainly(path, bytes);
    return refusal(path);
  };
  auto one = [&](const std::string& entry, size_t data) {
    return reason(with_length("{\"w\":" + entry + "}", std::string(data, 'x')));
  };
  CHECK_THAT(refusal(folder / "none"), Contains("none: cannot be opened: No such file"));
  CHECK_THAT(refusal(folder.path()), Contains("is not a regular file"));
  CHECK_THAT(reason(""), Contains("too short"));
  CHECK_THAT(reason("1234567"), Contains("too short"));
  CHECK_THAT(reason(std::string(8, '\xff')), Contains("claims a header of 18446744073709551615 bytes"));
  CHECK_THAT(reason(std::string("\x03\0\0\0\0\0\0\0{}", 10)), Contains("cut short"));
  CHECK_THAT(reason(with_length("", "")), Contains("not JSON"));
  CHECK_THAT(reason(with_length("{\"a\":", "")), Contains("not JSON"));
  CHECK_THAT(reason(with_length("{\"\xff\":1}", "")), Contains("not JSON"));
  CHECK_THAT(reason(with_length("[]", "")), Contains("not a JSON object"));
  CHECK_THAT(reason(with_length(std::string(1000000, '['), "")), Contains("too deeply"));
  CHECK_THAT(reason(with_length(R"({"__metadata__":{"a":1}})", "")), Contains("'a' that is not text"));
  CHECK_THAT(reason(with_length(R"({"__metadata__":[]})", "")), Contains("__metadata__ is not an object"));

  CHECK_THAT(one("3", 0), Contains("not an object"));
  CHECK_THAT(one(R"({"dtype":"F32","shape":[1]})", 4), Contains("tensor 'w': has no data_offsets"));
  CHECK_THAT(one(R"({"dtype":4,"shape":[1],"data_offsets":[0,4]})", 4), Contains("dtype is not text"));
  CHECK_THAT(one(R"({"dtype":"F99","shape":[1],"data_offsets":[0,4]})", 4), Contains("dtype 'F99' is unknown"));
  CHECK_THAT(one(R"({"dtype":"F32","shape":[-1],"data_offsets":[0,4]})", 4), Contains("shape is not a list of sizes"));
  CHECK_THAT(one(R"({"dtype":"F32","shape":[1.0],"data_offsets":[0,4]})", 4), Contains("shape is not a list of sizes"));
  CHECK_THAT(one(R"({"dtype":"F32","shape":[1],"data_offsets":[0,4,8]})", 4), Contains("not two positions"));
  CHECK_THAT(one(R"({"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,0]})", 0), Contains("too large"));
  CHECK_THAT(one(R"({"dtype":"F32","shape":[2],"data_offsets":[0,4]})", 4), Contains("takes 8 bytes by its shape"));
  CHECK_THAT(one(R"({"dtype":"F32","shape":[1],"data_offsets":[8,4]})", 8), Contains("takes 4 bytes by its shape"));
  CHECK_THAT(one(R"({"dtype":"F32","shape":[1],"data_offsets":[4,8]})", 8), Contains("where 0 was expected"));
  CHECK_THAT(one(R"({"dtype":"F32","shape":[1],"data_offsets":[0,4]})", 5), Contains("but the file holds 5"));
  CHECK_THAT(one(R"({"dtype":"F32","shape":[2],"data_offsets":[0,8]})", 4), Contains("but the file holds 4"));

  const std::string w = R"({"dtype":"F32","shape":[1],"data_offsets":[0,4]})";
  CHECK_THAT(reason(with_length("{\"w\":" + w + ",\"w\":" + w + "}", "1234")), Contains("names \"w\" twice"));
  CHECK_THAT(reason(with_length("{\"v\":" + w + ",\"w\":" + w + "}", "1234")), Contains("where 4 was expected"));
}

TEST_CASE("every truncation of a safetensors file is refused") {
  const TemporaryFolder folder;
  const std::string whole = with_length(kHeader, kData);
  for (size_t length = 0; length < whole.size(); ++length) {
    write_plainly(folder / "t", whole.substr(0, length));
    INFO("cut to " << length << " bytes");
    CHECK_FALSE(read_everything(folder / "t"));
  }
  write_plainly(folder / "t", whole);
  CHECK(read_everything(folder / "t"));
}

TEST_CASE("random damage to a safetensors header never crashes the reader") {
  const TemporaryFolder folder;
  const std::string whole = with_length(kHeader, kData);
  std::mt19937 random(1);
  int refused = 0;
  for (int trial = 0; trial < 3000; ++trial) {
    std::string damaged = whole;
    const int flips = 1 + static_cast<int>(random() % 3);
    for (int flip = 0; flip < flips; ++flip) {
      char& byte = damaged[random() % (8 + kHeader.size())];
      // Half of the damage keeps to digits and punctuation, which goes deeper than the JSON parser.
      byte = random() % 2 ? static_cast<char>(random()) : "0123456789[]{},:\" "[random() % 18];
    }
    write_plainly(folder / "r", damaged);
    refused += !read_everything(folder / "r");
  }
  CHECK(refused > 1000);
  CHECK(refused < 3000);
}

namespace {

// The goldens' generator (tests/data/goldens/README.md).
uint64_t splitmix64(uint64_t x) {
  uint64_t z = x + 0x9E3779B97F4A7C15;
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
  return z ^ (z >> 31);
}

float generated(uint64_t t, uint64_t i, double scale) {
  return static_cast<float>((static_cast<double>(splitmix64((t << 32) + i) >> 40) / 16777216.0 - 0.5) * scale);
}

}  // namespace

TEST_CASE("golden files written elsewhere are read") {
  const std::filesystem::path goldens = std::filesystem::path(TANDEM_TEST_DATA) / "goldens";
  // Numbers of cases: the table in the goldens' README.
  const std::map<std::string, size_t> cases = {
      {"ops_conv", 23}, {"ops_pool_lrn", 37}, {"ops_loss_act", 31}, {"ops_more", 15}, {"nets", 9}};
  for (const auto& [name, expected] : cases) {
    INFO(name);
    const SafetensorsFile file(goldens / (name + ".safetensors"));
    const auto names = nlohmann::json::parse(file.metadata().at("case_names"));
    CHECK(names.size() == expected);
    for (const auto& case_name : names) CHECK(file.metadata().count("case/" + case_name.get<std::string>()) == 1);
  }

  const SafetensorsFile nets(goldens / "nets.safetensors");
  const auto tiny = nlohmann::json::parse(nets.metadata().at("case/tiny_cnn"));
  const auto x = nets.f32("tiny_cnn.x");
  REQUIRE(nets.info("tiny_cnn.x").shape == std::vector<long>{3, 2, 12, 10});
  REQUIRE(x.size() == 720);
  size_t wrong = 0;
  for (size_t i = 0; i < x.size(); ++i) wrong += x[i] != generated(tiny["input_t"], i, tiny["input_scale"]);
  CHECK(wrong == 0);
  const auto labels = nets.i32("tiny_cnn.labels");
  for (size_t n = 0; n < labels.size(); ++n)
    CHECK(labels[n] == static_cast<int>(splitmix64((tiny["label_t"].get<uint64_t>() << 32) + n) % 5));
  double sum = 0;
  for (double loss : nets.f64("tiny_cnn.loss_per_sample")) sum += loss;
  CHECK(sum / 3 == Approx(nets.f64("tiny_cnn.loss")[0]).epsilon(1e-14));
}
