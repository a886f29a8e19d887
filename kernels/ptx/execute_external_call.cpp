// The functions that every GPU has and no PTX file defines: printf and assert.
#include <array>
#include <cctype>
#include <cstdio>
#include <cstring>

#include "kernels/ptx/execute.h"
#include "kernels/ptx/memory_request.h"
#include "kernels/ptx/text.h"

namespace tandem::ptx {
namespace {

uint8_t* local(Execution& run, int lane, int offset) {
  return &run.warp->local[size_t(lane) * run.kernel.local_bytes + size_t(offset)];
}

template <class T>
T argument(Execution& run, int lane, size_t k) {
  T value;
  std::memcpy(&value, local(run, lane, run.instruction->targets[k + 1]), sizeof value);
  return value;
}

std::string string_at(Execution& run, Address address) {
  std::string result;
  while (const Region* region = run.memory.find(address, 1)) {
    const char c = char(region->data[address++ - region->base]);
    if (c == '\0') break;
    result += c;
  }
  return result;
}

// One conversion of a format, by the host's printf. The kernel's compiler has checked it against the type.
template <class T>
std::string print(const std::string& conversion, T value) {
  std::array<char, 1024> buffer{};
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
  std::snprintf(buffer.data(), buffer.size(), conversion.c_str(), value);
#pragma GCC diagnostic pop
  return buffer.data();
}

// Expands a format whose arguments lie in memory, each aligned to its size: 4 bytes, or 8.
class Printf {
 public:
  Printf(Execution& run, int lane, Address arguments) : run_(run), lane_(lane), next_(arguments) {}

  std::string expand(const std::string& format) {
    std::string result;
    for (size_t i = 0; i < format.size(); ++i) {
      if (format[i] != '%') {
        result += format[i];
        continue;
      }
      size_t end = i + 1;  // of flags, width and length, up to the letter
      while (end < format.size() && format[end] != '%' && !std::isalpha(static_cast<unsigned char>(format[end]))) ++end;
      const size_t length = end;
      while (end < format.size() && std::strchr("lzh", format[end])) ++end;
      if (end >= format.size()) return result + format.substr(i);
      const bool is_long = format.find_first_of("lz", length) < end;
      result += format[end] == '%' ? "%" : conversion(format.substr(i, end - i + 1), is_long);
      i = end;
    }
    return result;
  }

 private:
  std::string conversion(const std::string& text, bool is_long) {
    const char letter = text.back();
    const bool is_float = std::strchr("feEgGaA", letter);
    if (is_float) return print(text, std::bit_cast<double>(next(8)));
    if (letter == 's') return print(text, string_at(run_, next(8)).c_str());
    if (letter == 'p') return print(text, reinterpret_cast<void*>(next(8)));
    return is_long ? print(text, next(8)) : print(text, uint32_t(next(4)));
  }

  uint64_t next(uint32_t bytes) {
    next_ = (next_ + bytes - 1) / bytes * bytes;
    uint64_t value = 0;
    MemoryRequest request(run_, Space::kGeneric, bytes, 1, MemoryRequest::Kind::kRead);
    if (const uint8_t* from = request.place(lane_, next_)) std::memcpy(&value, from, bytes);
    next_ += bytes;
    return value;
  }

  Execution& run_;
  int lane_;
  Address next_;
};

void call_printf(Execution& run, LaneMask active) {
  for_lanes(active, [&](int lane) {
    const std::string format = string_at(run, argument<Address>(run, lane, 0));
    *run.settings.kernel_output << Printf(run, lane, argument<Address>(run, lane, 1)).expand(format);
    const int result = run.instruction->targets[0];
    if (result >= 0) std::memset(local(run, lane, result), 0, 4);
  });
}

void call_assert(Execution& run, LaneMask active) {
  const int lane = first_lane(active);
  run.problem(Problem::kTrap, lane, [&] {
    return text("assertion failed: ", string_at(run, argument<Address>(run, lane, 0)), ", ",
                string_at(run, argument<Address>(run, lane, 1)), ":", argument<uint32_t>(run, lane, 2));
  });
  throw LaunchEnded();
}

}  // namespace

void execute_external_call(Execution& run, LaneMask active) {
  const std::string& function = run.instruction->name;
  if (function == "vprintf" && run.instruction->targets.size() >= 3) return call_printf(run, active);
  if (function == "__assertfail" && run.instruction->targets.size() >= 4) return call_assert(run, active);
  run.unsupported();
}

}  // namespace tandem::ptx
