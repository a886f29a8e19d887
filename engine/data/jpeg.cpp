#include "engine/data/jpeg.h"

#include <csetjmp>
#include <cstdio>  // jpeglib.h wants FILE
//
#include <jerror.h>
#include <jpeglib.h>

#include <algorithm>
#include <string_view>
#include <vector>

#include "engine/core/error.h"
#include "engine/data/decode.h"
#include "engine/data/exif.h"

namespace tandem {
namespace {

// libjpeg-turbo's own advice to whoever reads files of strangers: a progressive file may repeat its scans for ever.
constexpr int kMaximumScans = 500;

// One message more in libjpeg's list.
constexpr int kTooManyScans = 1000;
constexpr const char* kMessages[] = {"more scans than any sound file has"};

constexpr int kExifMarker = JPEG_APP0 + 1;

struct ErrorManager : jpeg_error_mgr {
  std::jmp_buf escape;
};

// libjpeg expects that this does not return.
[[noreturn]] void escape(j_common_ptr info) { std::longjmp(static_cast<ErrorManager*>(info->err)->escape, 1); }

// Warnings (level < 0) mean that pixels were guessed, except for these, which are about what surrounds the pixels.
void on_message(j_common_ptr info, int level) {
  if (level >= 0) return;
  switch (info->err->msg_code) {
    case JWRN_EXTRANEOUS_DATA:
    case JWRN_ADOBE_XFORM:
    case JWRN_JFIF_MAJOR:
    case JWRN_BOGUS_ICC:
    case JWRN_NOT_SEQUENTIAL:
      return;
    default:
      escape(info);
  }
}

void limit_scans(j_common_ptr info) {
  if (reinterpret_cast<j_decompress_ptr>(info)->input_scan_number <= kMaximumScans) return;
  info->err->msg_code = kTooManyScans;
  escape(info);
}

// a * b / 255, rounded: Pillow's MULDIV255.
int product(int a, int b) {
  const int sum = a * b + 128;
  return ((sum >> 8) + sum) >> 8;
}

void inverted_cmyk_to_rgb(const uint8_t* cmyk, int pixels, uint8_t* rgb) {
  for (int i = 0; i < pixels; ++i, cmyk += 4, rgb += 3) {
    const int black = cmyk[3];
    for (int c = 0; c < 3; ++c) rgb[c] = uint8_t(std::clamp(black - product(255 - cmyk[c], black), 0, 255));
  }
}

class JpegDecoder {
 public:
  JpegDecoder(std::span<const std::byte> bytes, const std::string& name) : bytes_(bytes), name_(name) {
    info_.err = jpeg_std_error(&errors_);
    errors_.error_exit = escape;
    errors_.emit_message = on_message;
    errors_.addon_message_table = kMessages;
    errors_.first_addon_message = errors_.last_addon_message = kTooManyScans;
    progress_.progress_monitor = limit_scans;
  }
  ~JpegDecoder() { jpeg_destroy_decompress(&info_); }
  JpegDecoder(const JpegDecoder&) = delete;
  JpegDecoder& operator=(const JpegDecoder&) = delete;

  Image decode(int short_side) {
    guarded([this] {
      jpeg_create_decompress(&info_);
      info_.progress = &progress_;
      jpeg_mem_src(&info_, reinterpret_cast<const unsigned char*>(bytes_.data()), bytes_.size());
      jpeg_save_markers(&info_, kExifMarker, 0xffff);
      jpeg_read_header(&info_, TRUE);
    });
    const int orientation = saved_orientation();
    check_image_size(info_.image_height, info_.image_width, name_);
    info_.scale_denom = reduction(short_side);
    const bool four = info_.num_components == 4;
    info_.out_color_space = four ? JCS_CMYK : JCS_RGB;
    guarded([this] { jpeg_start_decompress(&info_); });

    Image image(int(info_.output_height), int(info_.output_width));
    std::vector<uint8_t> cmyk(four ? size_t(image.width) * 4 : 0);
    guarded([this, &image, &cmyk] {
      while (info_.output_scanline < info_.output_height) {
        uint8_t* const row = image.pixel(int(info_.output_scanline), 0);
        JSAMPROW target = cmyk.empty() ? row : cmyk.data();
        jpeg_read_scanlines(&info_, &target, 1);
        if (!cmyk.empty()) inverted_cmyk_to_rgb(cmyk.data(), image.width, row);
      }
      jpeg_finish_decompress(&info_);  // reads on to the file's end marker
    });
    return oriented(std::move(image), orientation);
  }

 private:
  // Runs calls of libjpeg, whose errors leave by longjmp: nothing that `calls` makes may need a destructor.
  template <class Calls>
  void guarded(const Calls& calls) {
    if (setjmp(errors_.escape)) fail();
    calls();
  }

  [[noreturn]] void fail() {
    char message[JMSG_LENGTH_MAX];
    errors_.format_message(reinterpret_cast<j_common_ptr>(&info_), message);
    throw Error(name_, std::string("is a broken or unsupported JPEG file (") + message + ")");
  }

  unsigned reduction(int short_side) const {
    const long shorter = std::min(info_.image_height, info_.image_width);
    for (const unsigned divisor : {8u, 4u, 2u})
      if (short_side > 0 && (shorter + divisor - 1) / divisor >= short_side) return divisor;
    return 1;
  }

  int saved_orientation() const {
    constexpr std::string_view kExif("Exif\0\0", 6);
    for (jpeg_saved_marker_ptr marker = info_.marker_list; marker; marker = marker->next) {
      const std::string_view data(reinterpret_cast<const char*>(marker->data), marker->data_length);
      if (marker->marker == kExifMarker && data.starts_with(kExif))
        return exif_orientation(std::as_bytes(std::span(data.substr(kExif.size()))));
    }
    return 1;
  }

  std::span<const std::byte> bytes_;
  const std::string& name_;
  ErrorManager errors_{};
  jpeg_progress_mgr progress_{};
  jpeg_decompress_struct info_{};
};

}  // namespace

Image decode_jpeg(std::span<const std::byte> bytes, const std::string& name, int short_side) {
  return JpegDecoder(bytes, name).decode(short_side);
}

}  // namespace tandem
