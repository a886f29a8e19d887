// Floating-point arithmetic as PTX defines it where that differs from the host's: 16-bit formats, flushed subnormal
// numbers, the one NaN, directed rounding, approximations.
#pragma once
#include <bit>
#include <cfenv>
#include <cmath>
#include <cstdint>

#include "kernels/ptx/types.h"

namespace tandem::ptx {

// A double rounded once to a narrower format, given as raw bits.
uint16_t to_half(double x, Rounding rounding = Rounding::kNearest);
uint16_t to_bf16(double x, Rounding rounding = Rounding::kNearest);
uint32_t to_tf32(double x, Rounding rounding = Rounding::kNearest);  // as a float32
float from_half(uint16_t bits);
inline float from_bf16(uint16_t bits) { return std::bit_cast<float>(uint32_t(bits) << 16); }

// .ftz: a subnormal number becomes a zero of its sign.
inline float flush_subnormal(float x) {
  const auto bits = std::bit_cast<uint32_t>(x);
  return bits & 0x7f800000 ? x : std::bit_cast<float>(bits & 0x80000000);
}

// Float instructions return this NaN whatever NaN went in.
inline float canonical(float x) { return x != x ? std::bit_cast<float>(0x7fffffffu) : x; }
inline double canonical(double x) { return x; }

template <class T>
T minimum(T a, T b, bool propagate_nan) {
  if (a != a || b != b) return propagate_nan || (a != a && b != b) ? canonical(T(NAN)) : a != a ? b : a;
  if (a == b) return std::signbit(a) ? a : b;
  return a < b ? a : b;
}

template <class T>
T maximum(T a, T b, bool propagate_nan) {
  if (a != a || b != b) return propagate_nan || (a != a && b != b) ? canonical(T(NAN)) : a != a ? b : a;
  if (a == b) return std::signbit(a) ? b : a;
  return a > b ? a : b;
}

// .sat: NaN becomes 0.
template <class T>
T saturate(T x) {
  return x > 0 ? (x < 1 ? x : T(1)) : T(0);
}

// .rni and its kin.
template <class T>
T to_integral(T x, Rounding rounding) {
  switch (rounding) {
    case Rounding::kZero:
      return std::trunc(x);
    case Rounding::kDown:
      return std::floor(x);
    case Rounding::kUp:
      return std::ceil(x);
    default:
      return std::nearbyint(x);
  }
}

// The result of f() under a rounding mode. f must read its operands through volatile variables, or the compiler
// computes before the mode changes.
template <class F>
__attribute__((noinline)) auto rounded(Rounding rounding, F f) {
  const int before = std::fegetround();
  std::fesetround(rounding == Rounding::kZero   ? FE_TOWARDZERO
                  : rounding == Rounding::kDown ? FE_DOWNWARD
                  : rounding == Rounding::kUp   ? FE_UPWARD
                                                : FE_TONEAREST);
  volatile auto result = f();
  std::fesetround(before);
  return decltype(f())(result);
}

// The result of an .approx instruction whose exact result is x, see Settings::approximation_ulp.
inline float approximate(double x, int ulp) {
  const float nearest = canonical(float(x));
  if (ulp == 0 || !std::isfinite(nearest) || nearest == 0) return nearest;
  const auto bits = std::bit_cast<uint32_t>(nearest);
  const uint32_t draw = (bits * 2654435761u) >> 13;
  return std::bit_cast<float>(bits + draw % uint32_t(2 * ulp + 1) - uint32_t(ulp));
}

}  // namespace tandem::ptx
