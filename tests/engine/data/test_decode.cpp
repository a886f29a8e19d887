#include "engine/data/decode.h"

#include <catch2/catch.hpp>
#include <cstdlib>
#include <cstring>

#include "engine/core/error.h"
#include "engine/files/safetensors.h"
#include "tests/engine/data/test_files.h"

namespace tandem {
namespace {

using Catch::Matchers::Contains;
using test::Bytes;
using test::message_of;

// Made by scripts/goldens/photos.py, with Pillow's pixels.
const std::filesystem::path kPhotos = std::filesystem::path(TANDEM_TEST_DATA) / "photos";

Bytes bytes_of(const std::string& photo) {
  const std::string text = read_whole(kPhotos / photo);
  return {text.begin(), text.end()};
}

Image decode(const Bytes& bytes, int short_side = 0) {
  return decode_image(std::as_bytes(std::span(bytes)), "photo", short_side);
}

double mean_difference(const Image& image, std::span<const uint8_t> expected) {
  REQUIRE(image.rgb.size() == expected.size());
  long sum = 0;
  for (size_t i = 0; i < expected.size(); ++i) sum += std::abs(image.rgb[i] - expected[i]);
  return double(sum) / double(expected.size());
}

TEST_CASE("every kind of photograph has Pillow's pixels", "[decode]") {
  const SafetensorsFile expected(kPhotos / "expected.safetensors");
  int files = 0;
  for (const auto& [name, tensor] : expected.tensors()) {
    if (name.starts_with("resized.")) continue;
    INFO(name);
    const Image image = read_image(kPhotos / name);
    CHECK(std::vector<long>{image.height, image.width, 3} == tensor.shape);
    // Another version of libjpeg-turbo may round otherwise; a wrong colour rule is off by far more.
    CHECK(mean_difference(image, expected.u8(name)) <= 2);
    ++files;
  }
  CHECK(files == 25);
}

TEST_CASE("a JPEG is decoded smaller as long as its short side stays long enough", "[decode]") {
  const Bytes jpeg = bytes_of("444.jpg");  // 37 x 53
  CHECK(decode(jpeg, 37).height == 37);
  const Image half = decode(jpeg, 19);
  CHECK(half.height == 19);
  CHECK(half.width == 27);
  CHECK(decode(jpeg, 5).height == 5);
  CHECK(decode(jpeg, 1).height == 5);
  CHECK(decode(bytes_of("rgb.png"), 5).height == 37);

  // A smaller transform is close to the mean of the pixels it stands for.
  const Image whole = decode(jpeg);
  double sum = 0;
  for (int y = 0; y < 18; ++y)
    for (int x = 0; x < 26; ++x)
      for (int c = 0; c < 3; ++c) {
        const int mean = (whole.pixel(2 * y, 2 * x)[c] + whole.pixel(2 * y, 2 * x + 1)[c] +
                          whole.pixel(2 * y + 1, 2 * x)[c] + whole.pixel(2 * y + 1, 2 * x + 1)[c] + 2) /
                         4;
        sum += std::abs(half.pixel(y, x)[c] - mean);
      }
  CHECK(sum / (18 * 26 * 3) < 2);
}

TEST_CASE("a file that is cut short is refused wherever the cut is", "[decode]") {
  for (const char* name :
       {"444.jpg", "progressive.jpg", "cmyk.jpg", "rgba.png", "palette.png", "rgb.bmp", "palette.gif"}) {
    const Bytes whole = bytes_of(name);
    for (size_t length = 0; length < whole.size(); length += std::max<size_t>(1, whole.size() / 60)) {
      INFO(name << " cut to " << length << " of " << whole.size() << " bytes");
      CHECK_THAT(message_of([&] { decode(Bytes(whole.begin(), whole.begin() + long(length))); }),
                 Catch::StartsWith("photo: is "));
    }
  }
  const Bytes jpeg = bytes_of("444.jpg");
  CHECK_THAT(message_of([&] { decode(Bytes(jpeg.begin(), jpeg.end() - 2)); }), Contains("Premature end of JPEG file"));
  const Bytes png = bytes_of("rgb.png");
  CHECK_THAT(message_of([&] { decode(Bytes(png.begin(), png.end() - 1)); }), Contains("cut short"));
}

TEST_CASE("damage inside a file is refused", "[decode]") {
  Bytes png = bytes_of("rgb.png");
  png[png.size() / 2] ^= 1;
  CHECK_THAT(message_of([&] { decode(png); }), Contains("checksum"));

  Bytes jpeg = bytes_of("420.jpg");
  jpeg.erase(jpeg.end() - 402, jpeg.end() - 2);  // most of the data; the end marker stays
  CHECK_THAT(message_of([&] { decode(jpeg); }), Contains("broken"));
}

TEST_CASE("what is no picture is refused", "[decode]") {
  CHECK_THAT(message_of([] { decode({}); }), Contains("not a picture"));
  CHECK_THAT(message_of([] { decode({'h', 'e', 'l', 'l', 'o'}); }), Contains("use JPEG, PNG, BMP or GIF"));
  const TemporaryFolder folder;
  const auto file = folder.write("notes.jpg", "These are not pixels.");
  CHECK_THAT(message_of([&] { read_image(file); }), Contains(file.string()) && Contains("not a picture"));
  CHECK_THAT(message_of([&] { read_image(folder / "absent.jpg"); }), Contains("no such file"));
}

TEST_CASE("a size that no picture has is refused before memory is taken", "[decode]") {
  Bytes jpeg = bytes_of("444.jpg");
  const uint8_t start_of_frame[] = {0xff, 0xc0};
  const auto frame = std::search(jpeg.begin(), jpeg.end(), std::begin(start_of_frame), std::end(start_of_frame));
  for (int i = 5; i < 9; ++i) frame[i] = 0xff;
  CHECK_THAT(message_of([&] { decode(jpeg); }), Contains("65500") || Contains("65535 x 65535 pixels, more than"));

  Bytes bmp = bytes_of("rgb.bmp");  // width and height, little-endian, at 18 and 22
  bmp[20] = bmp[24] = 1;
  CHECK_THAT(message_of([&] { decode(bmp); }), Contains("65589 x 65573 pixels, more than"));
  CHECK_NOTHROW(check_image_size(1, kMaximumPixels, ""));
  CHECK_THROWS_AS(check_image_size(2, kMaximumPixels, ""), Error);
  CHECK_THROWS_AS(check_image_size(0, 5, ""), Error);
}

// EXIF is read before anybody has looked at it.
TEST_CASE("a broken EXIF block leaves a photograph as it is", "[decode]") {
  const Bytes upright = bytes_of("orientation-6.jpg");
  CHECK(decode(upright).height == 22);
  const std::string mark = "Exif";
  const auto exif = std::search(upright.begin(), upright.end(), mark.begin(), mark.end()) - upright.begin() + 6;
  for (const auto& [offset, value] :
       std::map<long, int>{{0, 'X'}, {2, 43}, {4, 0xff}, {7, 0xff}, {10, 0x13}, {18, 9}}) {
    INFO(offset);
    Bytes broken = upright;
    broken[size_t(exif + offset)] = uint8_t(value);
    CHECK(decode(broken).height == 14);
  }
}

}  // namespace
}  // namespace tandem
