#include "engine/files/crc32.h"

#include <zlib.h>

namespace tandem {

uint32_t crc32(std::span<const std::byte> bytes) {
  return uint32_t(::crc32_z(0, reinterpret_cast<const Bytef*>(bytes.data()), bytes.size()));
}

}  // namespace tandem
