#include "kernels/ptx/runtime/fat_binary.h"

#include <cstdint>
#include <cstring>

#include "kernels/ptx/error.h"

namespace tandem::ptx::runtime {
namespace {

// A fat binary: a header (magic, version, size of the header, of the rest) and entries, each a header of its own
// (kind, size of the header, of the data, architecture) and its data.
constexpr uint32_t kMagic = 0xBA55ED50;
constexpr uint16_t kPtx = 1;
constexpr size_t kHeaderSizeAt = 6, kSizeAt = 8;
constexpr size_t kEntryHeaderSizeAt = 4, kEntrySizeAt = 8, kArchitectureAt = 28;
constexpr size_t kDataAt = 8;  // in the wrapper

template <class T>
T read(const uint8_t* from, size_t offset) {
  T value;
  std::memcpy(&value, from + offset, sizeof value);
  return value;
}

}  // namespace

std::string ptx_of_fat_binary(const void* wrapper) {
  const auto* data = read<const uint8_t*>(static_cast<const uint8_t*>(wrapper), kDataAt);
  if (read<uint32_t>(data, 0) != kMagic) throw Error("the fat binary is in a format that is not known");
  const uint8_t* entry = data + read<uint16_t>(data, kHeaderSizeAt);
  const uint8_t* end = entry + read<uint64_t>(data, kSizeAt);
  std::string ptx;
  uint32_t newest = 0;
  bool compressed = false;
  while (entry < end) {
    const auto header_bytes = read<uint32_t>(entry, kEntryHeaderSizeAt);
    const auto bytes = read<uint64_t>(entry, kEntrySizeAt);
    const auto architecture = read<uint32_t>(entry, kArchitectureAt);
    if (read<uint16_t>(entry, 0) == kPtx && architecture > newest) {
      const char* text = reinterpret_cast<const char*>(entry + header_bytes);
      const std::string candidate(text, strnlen(text, bytes));
      if (candidate.find(".version") == std::string::npos) {
        compressed = true;
      } else {
        ptx = candidate;
        newest = architecture;
      }
    }
    entry += header_bytes + bytes;
  }
  if (ptx.empty()) {
    throw Error(compressed ? "the PTX is compressed; build with nvcc --no-compress"
                           : "there is no PTX in the program; build with -gencode arch=compute_80,code=compute_80");
  }
  return ptx;
}

}  // namespace tandem::ptx::runtime
