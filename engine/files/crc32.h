// CRC-32, the checksum of gzip, PNG and Ethernet (polynomial 0x04C11DB7, reflected): every error of up to 32 bits in a
// row is found, any other is missed once in 2^32 times.
#pragma once
#include <cstddef>
#include <cstdint>
#include <span>

namespace tandem {

uint32_t crc32(std::span<const std::byte> bytes);

}  // namespace tandem
