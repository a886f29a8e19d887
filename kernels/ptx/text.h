// Messages: text("block of ", n, " threads") joins anything that a stream can print.
#pragma once
#include <cstdint>
#include <sstream>
#include <string>

namespace tandem::ptx {

template <class... Parts>
std::string text(const Parts&... parts) {
  std::ostringstream out;
  (out << ... << parts);
  return out.str();
}

inline std::string hexadecimal(uint64_t value) {
  std::ostringstream out;
  out << "0x" << std::hex << value;
  return out.str();
}

}  // namespace tandem::ptx
