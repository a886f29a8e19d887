// A warp's register file. A slot holds one register of all 32 lanes: 32 words of 32 bits, or of 64 for a wide register;
// a predicate is the first word of its slot, a bit a lane. Registers are untyped bits, as they are in PTX (the library
// is compiled without strict aliasing for that), and 8- and 16-bit values live in 32 bits.
#pragma once
#include <bit>
#include <cstdint>
#include <type_traits>

#include "kernels/ptx/instruction.h"
#include "kernels/ptx/lanes.h"

namespace tandem::ptx {

class Registers {
 public:
  explicit Registers(uint32_t* file = nullptr) : file_(file) {}

  // The operand's 32 values as T: the register itself where the widths agree, else converted into `scratch`.
  template <class T>
  const T* read(const Operand& operand, T* scratch) const {
    if (holds<T>(operand)) return at<T>(operand);
    for (uint32_t lane = 0; lane < kWarpSize; ++lane) {
      scratch[lane] = operand.wide ? narrow<T>(at<uint64_t>(operand)[lane]) : extend<T>(at<uint32_t>(operand)[lane]);
    }
    return scratch;
  }

  // Where to write the operand's values: the register itself where the widths agree, else `scratch`, which finish()
  // then converts.
  template <class T>
  T* destination(const Operand& operand, T* scratch) const {
    return operand.kind != Operand::Kind::kSink && holds<T>(operand) ? at<T>(operand) : scratch;
  }

  template <class T>
  void finish(const Operand& operand, const T* values, LaneMask active, bool sign_extend = false) const {
    if (operand.kind == Operand::Kind::kSink || holds<T>(operand)) return;
    for_lanes(active, [&](int lane) {
      const uint64_t bits = widen(values[lane]);
      if (operand.wide) {
        at<uint64_t>(operand)[lane] = bits;
      } else {
        at<uint32_t>(operand)[lane] = sizeof(T) < 4 && !sign_extend ? uint32_t(bits) & 0xffff : uint32_t(bits);
      }
    });
  }

  // Writes 32-bit values to a register of any width.
  void write(const Operand& operand, const uint32_t* values, LaneMask active) const {
    if (operand.kind == Operand::Kind::kSink || operand.predicate) return;
    for_lanes(active, [&](int lane) { write_lane(operand, lane, values[lane]); });
  }

  void write_lane(const Operand& operand, int lane, uint64_t value) const {
    if (operand.wide) {
      at<uint64_t>(operand)[lane] = value;
    } else {
      at<uint32_t>(operand)[lane] = uint32_t(value);
    }
  }

  // A predicate operand; a number there means the same for all lanes.
  LaneMask predicate(const Operand& operand) const {
    const uint32_t word = file_[operand.slot];
    if (!operand.predicate) return word ? kAllLanes : 0;
    return operand.negated ? ~word : word;
  }
  LaneMask predicate(int slot) const { return file_[slot]; }

  void set_predicate(const Operand& operand, LaneMask value, LaneMask active) const {
    if (operand.kind != Operand::Kind::kRegister) return;
    uint32_t& word = file_[operand.slot];
    word = (word & ~active) | (value & active);
  }

 private:
  template <class T>
  static bool holds(const Operand& operand) {
    return sizeof(T) == (operand.wide ? 8 : 4);
  }

  template <class T>
  T* at(const Operand& operand) const {
    return reinterpret_cast<T*>(file_ + operand.slot);
  }

  template <class T>
  static T narrow(uint64_t bits) {
    if constexpr (sizeof(T) == 8) return std::bit_cast<T>(bits);
    if constexpr (sizeof(T) == 4) return std::bit_cast<T>(uint32_t(bits));
    return T(bits);
  }

  template <class T>
  static T extend(uint32_t bits) {
    if constexpr (std::is_same_v<T, double>) return std::bit_cast<double>(uint64_t(bits));
    if constexpr (sizeof(T) == 8 && std::is_signed_v<T>) return T(int32_t(bits));
    if constexpr (sizeof(T) == 4) return std::bit_cast<T>(bits);
    return T(bits);
  }

  template <class T>
  static uint64_t widen(T value) {
    if constexpr (std::is_same_v<T, float>) return std::bit_cast<uint32_t>(value);
    if constexpr (std::is_same_v<T, double>) return std::bit_cast<uint64_t>(value);
    if constexpr (std::is_signed_v<T>) return uint64_t(int64_t(value));
    return uint64_t(value);
  }

  uint32_t* file_;
};

}  // namespace tandem::ptx
