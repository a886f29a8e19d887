// Bytes as text, for pictures inside of SVG.
#pragma once
#include <cstddef>
#include <span>
#include <string>

namespace tandem {

std::string base64(std::span<const std::byte> bytes);  // RFC 4648, section 4: with padding, without line breaks

}  // namespace tandem
