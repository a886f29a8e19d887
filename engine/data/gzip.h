// Whole files to memory, plain or gzip (RFC 1952).
#pragma once
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <vector>

namespace tandem {

// The largest content read into memory: four times the largest file of the data sets we know, and no bomb gets past it.
constexpr size_t kMaximumFileBytes = size_t(1) << 30;

// The bytes of a file; of a name ending in ".gz", the bytes it decompresses to (one gzip member). Throws Error, naming
// the file, when it is missing, not a regular file, empty, larger than `limit` bytes (as it lies there or
// decompressed), or when a compressed file is truncated, corrupt (its checksum is verified) or followed by something
// else.
std::vector<uint8_t> read_file(const std::filesystem::path& path, size_t limit = kMaximumFileBytes);

}  // namespace tandem
