// Vec<A, N>: N consecutive elements handled by one thread: one 16-byte access on the GPU, one SIMD register on the
// host. A is the type computed in, float or double; load and store convert from and to every storage type that computes
// in A. Included by kernels/kernel.h only.
#pragma once
#include <bit>
#include <cstdint>
#include <cstring>
#include <type_traits>

#include "kernels/bf16.h"
#include "kernels/exponential.h"

namespace tandem::KERNEL_NAMESPACE {

// kLanes<T>: how many elements of storage type T a Vec should hold.
// Lanes<T, N>: N of them side by side, as a Vec reads, keeps and writes them.
#if defined(__CUDACC__)

template <class T>
inline constexpr int kLanes = 16 / int(sizeof(T));

template <class T, int N>
struct alignas(sizeof(T) * N < 16 ? sizeof(T) * N : 16) Lanes {  // aligned: nvcc then moves 16 bytes at a time
  T lane[N];
  __device__ T& operator[](int i) { return lane[i]; }
  __device__ T operator[](int i) const { return lane[i]; }
};

#else

#if defined(__AVX512F__)
inline constexpr int kRegisterBytes = 64;
#elif defined(__AVX__)
inline constexpr int kRegisterBytes = 32;
#else
inline constexpr int kRegisterBytes = 16;
#endif
template <class T>
inline constexpr int kLanes = kRegisterBytes / int(sizeof(Compute<T>));

template <class T, int N>
struct LanesType {
  typedef T Type __attribute__((vector_size(sizeof(T) * N)));
};
template <class T>
struct LanesType<T, 1> {  // a plain scalar leaves the loop over threadIdx.x free to be vectorised
  using Type = T;
};
template <class T, int N>
using Lanes = typename LanesType<T, N>::Type;

template <class To, int N, class From>
__device__ Lanes<To, N> convert(From from) {
  if constexpr (N == 1) {
    return static_cast<To>(from);
  } else {
    return __builtin_convertvector(from, Lanes<To, N>);
  }
}

#endif

// One element, from storage to arithmetic and back.
template <class T>
__device__ Compute<T> load(const T* p) {
  return static_cast<Compute<T>>(*p);
}
template <class T>
__device__ void store(T* p, std::type_identity_t<Compute<T>> value) {
  *p = static_cast<T>(value);
}

template <class A, int N>
class Vec {
 public:
  Vec() = default;  // lanes of any value

  __device__ static Vec all(A value) {
    return map_each([value](A) { return value; }, Vec{});
  }

  // N elements at p, which on the GPU must be aligned to their size or 16 bytes, whichever is less.
  template <class S>
  __device__ static Vec load(const S* p) {
    static_assert(std::is_same_v<Compute<S>, A>);
    const auto stored = read(p);
#if defined(__CUDACC__)
    return map([](S x) { return static_cast<A>(x); }, stored);
#else
    if constexpr (std::is_same_v<S, bf16>) {
      return Vec(std::bit_cast<Lanes<A, N>>(convert<uint32_t, N>(stored) << 16));
    } else {
      return Vec(stored);
    }
#endif
  }

  // The N bytes at p, as numbers; p must be aligned to N on the GPU.
  __device__ static Vec from_bytes(const uint8_t* p) {
#if defined(__CUDACC__)
    return map([](uint8_t x) { return static_cast<A>(x); }, read(p));
#else
    return Vec(convert<A, N>(widened(read(p))));
#endif
  }

  template <class S>
  __device__ void store(S* p) const {
    static_assert(std::is_same_v<Compute<S>, A>);
#if defined(__CUDACC__)
    Lanes<S, N> stored;
    UNROLL
    for (int i = 0; i < N; ++i) stored[i] = static_cast<S>(lanes_[i]);
    *reinterpret_cast<Lanes<S, N>*>(p) = stored;
#else
    if constexpr (std::is_same_v<S, bf16>) {
      const auto bits = convert<uint16_t, N>(round_to_bf16(std::bit_cast<Lanes<uint32_t, N>>(lanes_)));
      std::memcpy(p, &bits, sizeof bits);
    } else {
      std::memcpy(p, &lanes_, sizeof lanes_);
    }
#endif
  }

  __device__ A operator[](int i) const {
#if defined(__CUDACC__)
    return lanes_[i];
#else
    A each[N];
    std::memcpy(each, &lanes_, sizeof each);
    return each[i];
#endif
  }

  friend __device__ Vec operator+(Vec a, Vec b) {
    return map([](auto x, auto y) { return x + y; }, a.lanes_, b.lanes_);
  }
  friend __device__ Vec operator-(Vec a, Vec b) {
    return map([](auto x, auto y) { return x - y; }, a.lanes_, b.lanes_);
  }
  friend __device__ Vec operator*(Vec a, Vec b) {
    return map([](auto x, auto y) { return x * y; }, a.lanes_, b.lanes_);
  }
  friend __device__ Vec operator/(Vec a, Vec b) {
    return map([](auto x, auto y) { return x / y; }, a.lanes_, b.lanes_);
  }
  friend __device__ Vec operator*(A a, Vec b) { return all(a) * b; }
  __device__ Vec& operator+=(Vec other) { return *this = *this + other; }

  friend __device__ Vec max(Vec a, Vec b) {  // b where they are not ordered
    return map([](auto x, auto y) { return x > y ? x : y; }, a.lanes_, b.lanes_);
  }
  friend __device__ Vec exp(Vec a) {
    return map_each([](A x) { return exponential(x); }, a);
  }
  friend __device__ Vec sqrt(Vec a) {
    return map_each([](A x) { return sqrt(x); }, a);
  }
  friend __device__ Vec rsqrt(Vec a) {
    return map_each([](A x) { return rsqrt(x); }, a);
  }

  // Writes the lanes, whole numbers in [0, 255], as bytes. The N bytes at p must be aligned to N on the GPU.
  __device__ void store_bytes(uint8_t* p) const {
#if defined(__CUDACC__)
    Lanes<uint8_t, N> bytes;
    UNROLL
    for (int i = 0; i < N; ++i) bytes[i] = uint8_t(int(lanes_[i]));
    *reinterpret_cast<Lanes<uint8_t, N>*>(p) = bytes;
#else
    const auto bytes = convert<uint8_t, N>(convert<int32_t, N>(lanes_));
    std::memcpy(p, &bytes, sizeof bytes);
#endif
  }

  // Lane by lane: key[i] == wanted ? a[i] : 0. The N bytes at key must be aligned to N on the GPU.
  __device__ static Vec where_equal(const uint8_t* key, int wanted, Vec a) {
#if defined(__CUDACC__)
    const auto keys = read(key);
#else
    using Integer = std::conditional_t<sizeof(A) == 8, int64_t, int32_t>;  // as wide as A: its mask selects whole lanes
    const auto keys = convert<Integer, N>(widened(read(key)));
#endif
    return map([wanted](auto k, auto x) { return k == wanted ? x : decltype(x){}; }, keys, a.lanes_);
  }
  // Lane i is lane i + shift of this, which `next` goes on; -N <= shift <= N. With shift < 0, `next` comes before this.
  __device__ Vec shifted(int shift, Vec next) const {
    if constexpr (N == 1) {
      return shift == 0 ? *this : next;
    } else {
#if defined(__CUDACC__) || defined(__clang__)
      Vec result = next;
      UNROLL
      for (int i = 0; i < N; ++i) {
        const int from = i + shift;
        result.lanes_[i] = from < 0 ? next.lanes_[from + N] : from < N ? lanes_[from] : next.lanes_[from - N];
      }
      return result;
#else
      using Integer = std::conditional_t<sizeof(A) == 8, int64_t, int32_t>;
      Lanes<Integer, N> from;
      for (int i = 0; i < N; ++i) from[i] = i + shift;
      return Vec(__builtin_shuffle(lanes_, next.lanes_, from));  // counts the 2 N lanes of both, modulo 2 N
#endif
    }
  }
  // Lane by lane: a[i] > b[i] or a[i] is not a number ? x[i] : y[i].
  friend __device__ Vec where_ahead(Vec a, Vec b, Vec x, Vec y) {
    return map([](auto p, auto q, auto yes, auto no) { return ((p > q) | (p != p)) ? yes : no; }, a.lanes_, b.lanes_,
               x.lanes_, y.lanes_);
  }
  // Lane by lane: a[i] > 0 ? b[i] : 0.
  friend __device__ Vec where_positive(Vec a, Vec b) {
    return map([](auto x, auto y) { return x > decltype(x){} ? y : decltype(y){}; }, a.lanes_, b.lanes_);
  }

 private:
#if !defined(__CUDACC__)
  __device__ explicit Vec(Lanes<A, N> lanes) : lanes_(lanes) {}
#endif

  // The bits of the N elements at p; of bf16 on the host as integers.
  template <class S>
  __device__ static auto read(const S* p) {
#if defined(__CUDACC__)
    return *reinterpret_cast<const Lanes<S, N>*>(p);
#else
    using Bits = std::conditional_t<std::is_same_v<S, bf16>, uint16_t, S>;
    Lanes<Bits, N> bits;
    std::memcpy(&bits, p, sizeof bits);  // needs no alignment
    return bits;
#endif
  }

#if !defined(__CUDACC__)
  // In steps, because g++ 12 widens eight bytes at once one by one.
  __device__ static Lanes<int32_t, N> widened(Lanes<uint8_t, N> bytes) {
    return convert<int32_t, N>(convert<int16_t, N>(bytes));
  }
#endif

  // An operation is written once: the host applies it to whole registers, the GPU lane by lane.
  template <class Operation, class... Operands>
  __device__ static Vec map(Operation operation, const Operands&... operands) {
#if defined(__CUDACC__)
    Vec result;
    UNROLL
    for (int i = 0; i < N; ++i) result.lanes_[i] = operation(operands[i]...);
    return result;
#else
    return Vec(operation(operands...));
#endif
  }

  // For what g++ has no vector operator for: a loop that it vectorises.
  template <class Operation>
  __device__ static Vec map_each(Operation operation, Vec a) {
#if defined(__CUDACC__)
    return map(operation, a.lanes_);
#else
    A each[N];
    std::memcpy(each, &a.lanes_, sizeof each);
    for (int i = 0; i < N; ++i) each[i] = operation(each[i]);
    std::memcpy(&a.lanes_, each, sizeof each);
    return a;
#endif
  }

  Lanes<A, N> lanes_;
};

}  // namespace tandem::KERNEL_NAMESPACE
