// Dropout (Hinton et al. 2012; Krizhevsky et al. 2012, section 4.2): out[i] = kept(i) ? in[i] * scale : 0. Forward and
// backward are this same call, on x and on dy. The two rules differ in scale: 1 (and the test network's outputs times
// keep) in the paper, 1 / keep (and the test network as it is) in the inverted rule.
//
// The mask is not stored but drawn again, by Philox4x32-10. Element i looks at word i % 4 of the block of
//   counter = { low(i / 4), high(i / 4), layer, low(step) },  key = { low(seed), high(seed) ^ high(step) }
// (low and high: the 32-bit halves), and is kept when that word is below keep * 2^32. 0 < keep <= 1.
//
// One thread a Philox block, that is, four neighbours. Bytes moved, and the fewest possible: in read and out written
// once. May run in place, so the pointers are not __restrict__.
#include <cmath>

#include "kernels/kernel.h"
#include "kernels/philox.h"
#include "kernels/table.h"

namespace tandem::KERNEL_NAMESPACE {
namespace {

constexpr int kThreads = 256;

template <class T>
struct alignas(4 * sizeof(T)) Quad {
  T element[4];
};

// The mask's numbers, in the form that the kernel wants.
struct Draw {
  PhiloxKey key;
  uint32_t layer, step;
  uint32_t last_kept;  // a word is kept up to and including this one, which 32 bits hold for keep = 1 too
};

Draw draw_of(const DropoutMask& mask) {
  return {{{uint32_t(mask.seed), uint32_t(mask.seed >> 32) ^ uint32_t(mask.step >> 32)}},
          mask.layer,
          uint32_t(mask.step),
          uint32_t(std::ceil(mask.keep * 0x1p32) - 1)};
}

// Every thread of every block has a quad: with no guard, the host's loop over x is vectorised (eight quads at once).
// first_block is a multiple of no less than a block's quads, so a block's counters share their high word.
template <class T>
__global__ void dropout_kernel(const Quad<T>* in, Quad<T>* out, long first_block, Compute<T> scale, Draw draw) {
  const size_t first_quad = size_t(first_block + blockIdx.x) * kThreads;
  const Quad<T>* block_in = in + first_quad;
  Quad<T>* block_out = out + first_quad;
  const int t = threadIdx.x;
  const PhiloxBlock random =
      philox({{uint32_t(first_quad) + t, uint32_t(first_quad >> 32), draw.layer, draw.step}}, draw.key);
  Quad<T> quad = block_in[t];
  UNROLL
  for (int i = 0; i < 4; ++i) {
    const Compute<T> value = load(&quad.element[i]) * scale;
    store(&quad.element[i], random.word[i] <= draw.last_kept ? value : 0);
  }
  block_out[t] = quad;
}

template <class T>
void dropout(Stream stream, const T* in, T* out, size_t n, double scale, const DropoutMask& mask) {
  const long quads = long((n + 3) / 4), full_blocks = quads / kThreads;
  const int rest = int(quads % kThreads);
  const auto run = [&](long first_block, long blocks, int threads) {
    if (blocks * threads == 0) return;
    launch<dropout_kernel<T>>(Launch{dim3(int(blocks)), dim3(threads), 0, stream}, reinterpret_cast<const Quad<T>*>(in),
                              reinterpret_cast<Quad<T>*>(out), first_block, Compute<T>(scale), draw_of(mask));
  };
  run(0, full_blocks, kThreads);
  run(full_blocks, 1, rest);
}

}  // namespace

template <class T>
void fill_dropout(Table<T>& table) {
  table.dropout = dropout<T>;
}
TANDEM_INSTANTIATE(fill_dropout)

}  // namespace tandem::KERNEL_NAMESPACE
