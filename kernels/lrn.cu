// Local response normalisation across channels, section 3.3 of the 2012 paper:
//   scale_i = k + alpha * sum over j in window(i) of x_j^2,   y_i = x_i * scale_i^-beta
// where window(i) is i and n / 2 channels on either side of it, cut at the borders of i's group. Its gradient:
//   dx_i = dy_i * scale_i^-beta - 2 * alpha * beta * x_i * sum over j in window(i) of dy_j * y_j / scale_j
//
// A thread owns a Vec of channels of one pixel. What a window sums up it makes for its own Vec and for the two beside
// it, which it reads from cache, as the threads next to it read them too; all are aligned, and the windows of its
// channels are then shifted views of the three. Channels of a group lie side by side, so a group of a pixel is simply a
// row, and the kernels know nothing of groups. Bytes: forward reads x, writes y and scale; backward reads x, y, scale
// and dy, writes dx. Each once: the fewest possible, as long as scale is kept rather than made again. Beside the first
// and the last Vec of a row there is nothing: with few channels, requests for neighbours ask for less than whole
// sectors.
#include "kernels/kernel.h"
#include "kernels/lrn_power.h"
#include "kernels/row_launch.h"

namespace tandem::KERNEL_NAMESPACE {
namespace {

constexpr int kAnyReach = -1;  // the window's reach is known at run time only, and a thread owns one channel

// The sum of term(c) over the windows of N channels from c on. term(c) makes N terms at once, c in [0, channels); where
// a window leaves the row, nothing is added.
template <class V, int N, int kReach, class Term>
__device__ __forceinline__ V window_sum(int c, int channels, int any_reach, Term&& term) {
  const V none = V::all(0);
  V sum = none;
  if constexpr (kReach == kAnyReach) {
    static_assert(N == 1);
    for (int i = max(c - any_reach, 0); i <= min(c + any_reach, channels - 1); ++i) sum += term(i);
  } else {
    static_assert(kReach <= N);
    const int last = channels - N;
    const V at_left = term(max(c - N, 0)), own = term(c), at_right = term(min(c + N, last));
    const V before = c > 0 ? at_left : none, after = c < last ? at_right : none;
    UNROLL
    for (int d = -kReach; d <= kReach; ++d) sum += d == 0 ? own : own.shifted(d, d < 0 ? before : after);
  }
  return sum;
}

template <class T, int N, int kReach, bool kThreeQuarters>
__global__ void lrn_forward_kernel(const T* __restrict__ x, T* __restrict__ y, T* __restrict__ scale, int rows,
                                   int channels, int any_reach, Compute<T> alpha, Compute<T> beta, Compute<T> k) {
  using V = Vec<Compute<T>, N>;
  const int c = column_index() * N, row = int(row_index());
  const size_t start = size_t(row) * channels;
  if (row >= rows) return;
  const V sum = window_sum<V, N, kReach>(c, channels, any_reach, [&](int i) {
    const V value = V::load(x + start + i);
    return value * value;
  });
  const V s = V::all(k) + alpha * sum;
  (V::load(x + start + c) * inverse_power<kThreeQuarters>(s, beta)).store(y + start + c);
  s.store(scale + start + c);
}

template <class T, int N, int kReach, bool kThreeQuarters>
__global__ void lrn_backward_kernel(const T* __restrict__ x, const T* __restrict__ y, const T* __restrict__ scale,
                                    const T* __restrict__ dy, T* __restrict__ dx, int rows, int channels, int any_reach,
                                    Compute<T> alpha, Compute<T> beta) {
  using V = Vec<Compute<T>, N>;
  const int c = column_index() * N, row = int(row_index());
  const size_t start = size_t(row) * channels;
  if (row >= rows) return;
  const V sum = window_sum<V, N, kReach>(c, channels, any_reach, [&](int i) {
    return V::load(dy + start + i) * V::load(y + start + i) / V::load(scale + start + i);
  });
  const V direct = V::load(dy + start + c) * inverse_power<kThreeQuarters>(V::load(scale + start + c), beta);
  (direct - 2 * alpha * beta * V::load(x + start + c) * sum).store(dx + start + c);
}

template <class T, int N, int kReach, bool kThreeQuarters>
void forward(Stream stream, const T* x, T* y, T* scale, const Lrn& p) {
  using A = Compute<T>;
  const int rows = p.batch * p.height * p.width * p.groups, channels = p.channels / p.groups;
  launch<lrn_forward_kernel<T, N, kReach, kThreeQuarters>>(row_launch(stream, rows, channels / N), x, y, scale, rows,
                                                           channels, p.n / 2, A(p.alpha), A(p.beta), A(p.k));
}

template <class T, int N, int kReach, bool kThreeQuarters>
void backward(Stream stream, const T* x, const T* y, const T* scale, const T* dy, T* dx, const Lrn& p) {
  using A = Compute<T>;
  const int rows = p.batch * p.height * p.width * p.groups, channels = p.channels / p.groups;
  launch<lrn_backward_kernel<T, N, kReach, kThreeQuarters>>(row_launch(stream, rows, channels / N), x, y, scale, dy, dx,
                                                            rows, channels, p.n / 2, A(p.alpha), A(p.beta));
}

// The paper's window and exponent have kernels of their own, given whole Vecs; everything else goes one by one.
template <class T>
bool is_usual(const Lrn& p) {
  return p.n / 2 == 2 && p.beta == 0.75 && p.channels / p.groups % kLanes<T> == 0;
}

template <class T>
void lrn_forward(Stream stream, const T* x, T* y, T* scale, const Lrn& p) {
  (is_usual<T>(p) ? forward<T, kLanes<T>, 2, true> : forward<T, 1, kAnyReach, false>)(stream, x, y, scale, p);
}

template <class T>
void lrn_backward(Stream stream, const T* x, const T* y, const T* scale, const T* dy, T* dx, const Lrn& p) {
  (is_usual<T>(p) ? backward<T, kLanes<T>, 2, true> : backward<T, 1, kAnyReach, false>)(stream, x, y, scale, dy, dx, p);
}

}  // namespace

template <class T>
void fill_lrn(Table<T>& table) {
  table.lrn_forward = lrn_forward<T>;
  table.lrn_backward = lrn_backward<T>;
}
TANDEM_INSTANTIATE(fill_lrn)

}  // namespace tandem::KERNEL_NAMESPACE
