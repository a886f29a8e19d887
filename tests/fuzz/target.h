// A fuzz target is one file, named for the reader it feeds, that defines `read`. Under libFuzzer (scripts/check/fuzz)
// it gets what the fuzzer invents; in everyday tests replay.cpp hands it the inputs in tests/data/fuzz/NAME.
#pragma once
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <span>
#include <string>
#include <string_view>

#include "tests/temporary_folder.h"

namespace tandem::fuzz {

using Bytes = std::span<const uint8_t>;

// Reads `input` as the program would. It may accept it or throw Error; every other exception, and whatever a sanitizer
// has to say, is a finding.
void read(Bytes input);

inline std::string_view text(Bytes bytes) { return {reinterpret_cast<const char*>(bytes.data()), bytes.size()}; }

// A folder for the files of one input after the other: gone when the program ends.
inline const TemporaryFolder& scratch() {
  static const TemporaryFolder folder;
  return folder;
}

inline std::filesystem::path write(const std::string& name, Bytes bytes) { return scratch().write(name, text(bytes)); }

// For readers of two files: the first byte says how many of the bytes after it are the first file's.
struct TwoFiles {
  Bytes first, second;
};
inline TwoFiles split(Bytes input) {
  if (input.empty()) return {};
  const Bytes rest = input.subspan(1);
  const size_t length = std::min<size_t>(input[0], rest.size());
  return {rest.first(length), rest.subspan(length)};
}

// Makes the program touch every byte, so that AddressSanitizer sees those that are not there.
template <class T>
void touch(std::span<const T> bytes) {
  static volatile uint64_t sink;
  uint64_t sum = 0;
  for (const T& byte : bytes) sum += uint64_t(byte);
  sink = sink + sum;
}

}  // namespace tandem::fuzz
