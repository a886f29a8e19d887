#include "kernels/ptx/rounding.h"

#include <algorithm>

namespace tandem::ptx {
namespace {

// A binary format: sign, exponent, mantissa. The smallest normal number is 2 to the min_exponent.
struct Format {
  int mantissa_bits, min_exponent, exponent_bits;
};

constexpr Format kHalf{10, -14, 5}, kBf16{7, -126, 8}, kTf32{10, -126, 8};

bool rounds_up(double whole, double fraction, bool negative, Rounding rounding) {
  switch (rounding) {
    case Rounding::kNearest:
      return fraction > 0.5 || (fraction == 0.5 && (uint64_t(whole) & 1));
    case Rounding::kNearestAway:
      return fraction >= 0.5;
    case Rounding::kDown:
      return fraction > 0 && negative;
    case Rounding::kUp:
      return fraction > 0 && !negative;
    case Rounding::kZero:
      break;
  }
  return false;
}

uint32_t round_to(Format format, double x, Rounding rounding) {
  const int mantissa_bits = format.mantissa_bits;
  const uint32_t infinity = ((1u << format.exponent_bits) - 1) << mantissa_bits;
  if (x != x) return infinity | ((1u << mantissa_bits) - 1);
  const bool negative = std::signbit(x);
  const uint32_t sign = uint32_t(negative) << (mantissa_bits + format.exponent_bits);
  const double magnitude = std::fabs(x);
  if (std::isinf(magnitude)) return sign | infinity;
  if (magnitude == 0) return sign;

  int exponent = 0;  // of the result: magnitude is in [2^exponent, 2^(exponent + 1)), or subnormal
  std::frexp(magnitude, &exponent);
  exponent = std::max(exponent - 1, format.min_exponent);
  const double scaled = std::ldexp(magnitude, mantissa_bits - exponent);  // in units of the last place; exact
  const double whole = std::floor(scaled);
  uint64_t mantissa = uint64_t(whole) + rounds_up(whole, scaled - whole, negative, rounding);
  if (mantissa >> (mantissa_bits + 1)) {  // rounded up to the next power of two
    mantissa >>= 1;
    ++exponent;
  }
  if (!(mantissa >> mantissa_bits)) return sign | uint32_t(mantissa);  // subnormal

  const int biased = exponent - format.min_exponent + 1;
  if (biased >= (1 << format.exponent_bits) - 1) {
    const bool stays_finite = rounding == Rounding::kZero || (rounding == Rounding::kDown && !negative) ||
                              (rounding == Rounding::kUp && negative);
    return sign | (stays_finite ? infinity - 1 : infinity);
  }
  return sign | uint32_t(biased) << mantissa_bits | (uint32_t(mantissa) & ((1u << mantissa_bits) - 1));
}

}  // namespace

uint16_t to_half(double x, Rounding rounding) { return uint16_t(round_to(kHalf, x, rounding)); }
uint16_t to_bf16(double x, Rounding rounding) { return uint16_t(round_to(kBf16, x, rounding)); }
uint32_t to_tf32(double x, Rounding rounding) { return round_to(kTf32, x, rounding) << 13; }

float from_half(uint16_t bits) {
  const uint32_t sign = uint32_t(bits & 0x8000) << 16, exponent = bits >> 10 & 31, mantissa = bits & 1023;
  if (exponent == 31) return std::bit_cast<float>(sign | 0x7f800000 | mantissa << 13);
  if (exponent == 0) return std::bit_cast<float>(sign | std::bit_cast<uint32_t>(float(mantissa) * 0x1p-24f));
  return std::bit_cast<float>(sign | (exponent + 112) << 23 | mantissa << 13);
}

}  // namespace tandem::ptx
