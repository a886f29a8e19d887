// The vocabulary of PTX instructions: operand types, state spaces, rounding modes, comparisons.
#pragma once
#include <cstdint>
#include <string_view>

namespace tandem::ptx {

enum class Type : uint8_t {
  kNone,
  kU8,
  kU16,
  kU32,
  kU64,
  kS8,
  kS16,
  kS32,
  kS64,
  kB8,
  kB16,
  kB32,
  kB64,
  kF16,
  kF16x2,
  kBf16,
  kBf16x2,
  kF32,
  kF64,
  kPredicate,
  kTf32,
  kB128
};

Type parse_type(std::string_view name);  // "u32", without the dot; kNone if it is not a type
int bytes_of(Type type);                 // 4 for kNone and for predicates: what an operand without a type takes

enum class Space : uint8_t { kGeneric, kGlobal, kShared, kLocal, kParameter, kConstant };

enum class Rounding : uint8_t { kNearest, kZero, kDown, kUp, kNearestAway };

// The last four groups are for floating point: "u" is true for unordered operands, too (one of them is NaN).
enum class Comparison : uint8_t {
  kEqual,
  kNotEqual,
  kLess,
  kLessEqual,
  kGreater,
  kGreaterEqual,
  kEqualU,
  kNotEqualU,
  kLessU,
  kLessEqualU,
  kGreaterU,
  kGreaterEqualU,
  kNumbers,
  kNan
};

// Which of an instruction's variants: the half of a product, the operation of an atomic, the way of a shuffle ...
enum class Mode : uint8_t {
  kNone,
  kLow,
  kHigh,
  kWide,
  kAnd,
  kOr,
  kXor,
  kAdd,
  kMin,
  kMax,
  kIncrement,
  kDecrement,
  kCompareAndSwap,
  kExchange,
  kUp,
  kDown,
  kButterfly,
  kIndex,
  kAll,
  kAny,
  kUniform,
  kBallot,
  kLeft,
  kRight,
  kFinite,
  kInfinite,
  kNumber,
  kNotANumber,
  kNormal,
  kSubnormal
};

}  // namespace tandem::ptx
