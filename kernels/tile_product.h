// A block's tile of a matrix product, sum[m][n] = sum over k of a[m][k] b[k][n], for operands that need not be matrices
// in memory: a source makes the elements that it is asked for.
//
// 8 x 16 threads own 128 x 64 elements of the product, 64 a thread, in registers. k goes on in slices of 8: a slice of
// both operands lies in shared memory while each thread multiplies, for each k, its 8 elements of a with its 8 of b: 64
// multiply-adds for 4 reads of 16 bytes. The next slice is on its way from memory to registers meanwhile, and then goes
// to the other half of the shared memory, so that a slice costs one barrier. Of an operand in memory, an element of a
// is read once for 64 columns of the product, one of b once for 128 rows.
//
// A source has, for an element type A and N elements at once (1, or 4 where they lie side by side and aligned):
//   kAlongK           do the N elements that it reads at once follow each other along k, or along m (or n)?
//   Place             what a thread keeps about its m (or n), which stays the same while k goes on
//   place(m)          for any m of the tile, also beyond the matrix
//   load(place, k)    Vec<A, N>; zeros where there is no element: beyond the matrix, or k >= the sum's end
#pragma once
#include "kernels/kernel.h"

namespace tandem::KERNEL_NAMESPACE {

constexpr int kTileM = 128, kTileN = 64, kSliceK = 8;
constexpr int kProductX = 8, kProductY = 16, kProductThreads = kProductX * kProductY;
constexpr int kQuad = 4;

// A slice in shared memory, [k][m]. A row is 4 words longer than a multiple of the 32 banks, so that a warp meets every
// bank once when it writes 4 neighbours of each of 8 k, or 16 of each of two k that lie 4 apart.
template <class A, int kSize>
using Slice = A[kSliceK][kSize + kQuad];

// How a thread brings its part of an operand's slices from memory to shared memory. Neighbouring threads read what lies
// side by side.
template <class A, int N, int kSize, class Source, bool kAlongK = Source::kAlongK>
class Carrier;

// N elements along k, of several m.
template <class A, int N, int kSize, class Source>
class Carrier<A, N, kSize, Source, true> {
  static constexpr int kLanes = kSliceK / N, kStep = kProductThreads / kLanes, kParts = kSize / kStep;

 public:
  __device__ Carrier(const Source& source, int begin, int thread)
      : source_(source), k_(thread % kLanes * N), m_(thread / kLanes) {
    UNROLL
    for (int i = 0; i < kParts; ++i) places_[i] = source.place(begin + m_ + i * kStep);
  }
  __device__ void load(int k) {
    UNROLL
    for (int i = 0; i < kParts; ++i) parts_[i] = source_.load(places_[i], k + k_);
  }
  __device__ void put(Slice<A, kSize>& slice) const {
    UNROLL
    for (int i = 0; i < kParts; ++i) {
      UNROLL
      for (int j = 0; j < N; ++j) slice[k_ + j][m_ + i * kStep] = parts_[i][j];
    }
  }

 private:
  const Source& source_;
  int k_, m_;
  typename Source::Place places_[kParts];
  Vec<A, N> parts_[kParts];
};

// N elements along m, of several k.
template <class A, int N, int kSize, class Source>
class Carrier<A, N, kSize, Source, false> {
  static constexpr int kLanes = kSize / N, kStep = kProductThreads / kLanes, kParts = kSliceK / kStep;

 public:
  __device__ Carrier(const Source& source, int begin, int thread)
      : source_(source), k_(thread / kLanes), m_(thread % kLanes * N), place_(source.place(begin + m_)) {}
  __device__ void load(int k) {
    UNROLL
    for (int i = 0; i < kParts; ++i) parts_[i] = source_.load(place_, k + k_ + i * kStep);
  }
  __device__ void put(Slice<A, kSize>& slice) const {
    UNROLL
    for (int i = 0; i < kParts; ++i) parts_[i].store(&slice[k_ + i * kStep][m_]);
  }

 private:
  const Source& source_;
  int k_, m_;
  typename Source::Place place_;
  Vec<A, N> parts_[kParts];
};

// The tile that begins at (m, n), its sums over k in [begin, end), in order. Each thread calls sink(m, n, quad) with
// what it has of the tile, 4 columns at a time, also beyond the matrix.
template <class A, int N, class SourceA, class SourceB, class Sink>
__device__ __forceinline__ void tile_product(const SourceA& a, const SourceB& b, int m, int n, int begin, int end,
                                             const Sink& sink) {
  using V = Vec<A, kQuad>;
  __shared__ __align__(16) Slice<A, kTileM> a_slices[2];
  __shared__ __align__(16) Slice<A, kTileN> b_slices[2];
  const int x = threadIdx.x * kQuad, y = threadIdx.y * kQuad, thread = threadIdx.y * kProductX + threadIdx.x;
  Carrier<A, N, kTileM, SourceA> carrier_a(a, m, thread);
  Carrier<A, N, kTileN, SourceB> carrier_b(b, n, thread);
  // Rows y.. and kTileM / 2 + y.., columns x.. and kTileN / 2 + x..: what neighbours read lies side by side, too.
  V sum[2][kQuad][2];
  UNROLL
  for (int i = 0; i < 2 * kQuad * 2; ++i) sum[i / 2 / kQuad][i / 2 % kQuad][i % 2] = V::all(0);

  carrier_a.load(begin);
  carrier_b.load(begin);
  carrier_a.put(a_slices[0]);
  carrier_b.put(b_slices[0]);
  __syncthreads();
  int half = 0;
  for (int k = begin; k < end; k += kSliceK) {
    const bool last = k + kSliceK >= end;
    if (!last) {
      carrier_a.load(k + kSliceK);
      carrier_b.load(k + kSliceK);
    }
    UNROLL
    for (int i = 0; i < kSliceK; ++i) {
      const auto& row_a = a_slices[half][i];
      const auto& row_b = b_slices[half][i];
      const V as[2] = {V::load(row_a + y), V::load(row_a + kTileM / 2 + y)};
      const V bs[2] = {V::load(row_b + x), V::load(row_b + kTileN / 2 + x)};
      UNROLL
      for (int r = 0; r < 2 * kQuad; ++r) {
        UNROLL
        for (int c = 0; c < 2; ++c) sum[r / kQuad][r % kQuad][c] += as[r / kQuad][r % kQuad] * bs[c];
      }
    }
    half ^= 1;
    if (!last) {
      carrier_a.put(a_slices[half]);
      carrier_b.put(b_slices[half]);
    }
    __syncthreads();
  }
  UNROLL
  for (int r = 0; r < 2 * kQuad; ++r) {
    UNROLL
    for (int c = 0; c < 2; ++c)
      sink(m + r / kQuad * (kTileM / 2) + y + r % kQuad, n + c * (kTileN / 2) + x, sum[r / kQuad][r % kQuad][c]);
  }
}

// The first `count` of 4 elements at p, all of them or none where they come in fours (N).
template <int N, class T>
__device__ __forceinline__ Vec<Compute<T>, kQuad> load_quad(const T* p, int count) {
  using V = Vec<Compute<T>, kQuad>;
  if constexpr (N == kQuad) {
    return count > 0 ? V::load(p) : V::all(0);
  } else {
    Compute<T> element[kQuad];
    UNROLL
    for (int i = 0; i < kQuad; ++i) element[i] = i < count ? load(p + i) : 0;
    return V::load(element);
  }
}
template <int N, class A, class T>
__device__ __forceinline__ void store_quad(T* p, Vec<A, kQuad> quad, int count) {
  if constexpr (N == kQuad) {
    if (count > 0) quad.store(p);
  } else {
    UNROLL
    for (int i = 0; i < kQuad; ++i) {
      if (i < count) store(p + i, quad[i]);
    }
  }
}

}  // namespace tandem::KERNEL_NAMESPACE
