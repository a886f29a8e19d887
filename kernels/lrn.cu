// Local response normalisation across channels, section 3.3 of the 2012 paper:
//   scale_i = k + alpha * sum over j in window(i) of x_j^2,   y_i = x_i * scale_i^-beta
// where window(i) is i and n / 2 channels on either side of it, cut at the borders of i's group. Its gradient:
//   dx_i = dy_i * scale_i^-beta - 2 * alpha * beta * x_i * sum over j in window(i) of dy_j * y_j / scale_j
//
// A thread owns one channel of one pixel and reads its whole window, n / 2 neighbours on either side: from cache, as
// the threads next to it read them too. Channels of a group lie side by side, so a group of a pixel is simply a row,
// and the kernels know nothing of groups. Bytes: forward reads x, writes y and scale; backward reads x, y, scale and
// dy, writes dx. Each once: the fewest possible, as long as scale is kept rather than made again.
#include "kernels/kernel.h"
#include "kernels/lrn_power.h"
#include "kernels/row_launch.h"

namespace tandem::KERNEL_NAMESPACE {
namespace {

constexpr int kAnyReach = -1;  // the window's reach is known at run time only

// The Vecs of a window begin one channel apart and so are not aligned, which the host does not mind and the GPU
// forbids.
template <class T>
#if defined(__CUDACC__)
constexpr int kWindowLanes = 1;
#else
constexpr int kWindowLanes = kLanes<T>;
#endif

// N channels from c on, of which those not in [0, channels) read as `outside`; channels >= N.
template <int N, class T>
__device__ Vec<Compute<T>, N> load_inside(const T* row, int c, int channels, Compute<T> outside) {
  const int inside = min(max(c, 0), channels - N);
  const auto lanes = Vec<Compute<T>, N>::load(row + inside);
  return c == inside ? lanes : lanes.shifted(c - inside, outside);
}

template <class T, int N, int kReach, bool kThreeQuarters>
__global__ void lrn_forward_kernel(const T* __restrict__ x, T* __restrict__ y, T* __restrict__ scale, int rows,
                                   int channels, int any_reach, Compute<T> alpha, Compute<T> beta, Compute<T> k) {
  using V = Vec<Compute<T>, N>;
  const int c = column_index() * N, row = int(row_index());
  const int reach = kReach == kAnyReach ? any_reach : kReach;
  const size_t start = size_t(row) * channels;
  if (row >= rows) return;
  V sum = V::all(0);
  for (int d = -reach; d <= reach; ++d) {
    const V value = load_inside<N>(x + start, c + d, channels, 0);
    sum += value * value;
  }
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
  const int reach = kReach == kAnyReach ? any_reach : kReach;
  const size_t start = size_t(row) * channels;
  if (row >= rows) return;
  V sum = V::all(0);
  for (int d = -reach; d <= reach; ++d) {
    const V gradient = load_inside<N>(dy + start, c + d, channels, 0);
    const V value = load_inside<N>(y + start, c + d, channels, 0);
    sum += gradient * value / load_inside<N>(scale + start, c + d, channels, 1);
  }
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
  return p.n / 2 == 2 && p.beta == 0.75 && p.channels / p.groups % kWindowLanes<T> == 0;
}

template <class T>
void lrn_forward(Stream stream, const T* x, T* y, T* scale, const Lrn& p) {
  (is_usual<T>(p) ? forward<T, kWindowLanes<T>, 2, true> : forward<T, 1, kAnyReach, false>)(stream, x, y, scale, p);
}

template <class T>
void lrn_backward(Stream stream, const T* x, const T* y, const T* scale, const T* dy, T* dx, const Lrn& p) {
  (is_usual<T>(p) ? backward<T, kWindowLanes<T>, 2, true> : backward<T, 1, kAnyReach, false>)(stream, x, y, scale, dy,
                                                                                              dx, p);
}

}  // namespace

template <class T>
void fill_lrn(Table<T>& table) {
  table.lrn_forward = lrn_forward<T>;
  table.lrn_backward = lrn_backward<T>;
}
TANDEM_INSTANTIATE(fill_lrn)

}  // namespace tandem::KERNEL_NAMESPACE
