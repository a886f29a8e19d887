#pragma once
#include <cstddef>
#include <span>
#include <string>

#include "engine/report/image.h"

namespace tandem {

// A PNG, BMP or GIF file, by stb_image; see decode_image for the contract. stb_image ignores the checksums of PNG and
// reads zeros beyond a file's end: here both are errors.
Image decode_stb_picture(std::span<const std::byte> bytes, const std::string& name);

}  // namespace tandem
