// The one table of entry points through which everything reaches the kernels. It is declared here once and filled
// twice: by the g++ build (namespace tandem::host) and by the nvcc build (namespace tandem::cuda) of the same files.
//
// Contract of every entry
//   * Pointers are device pointers (host memory for the host table), 64-byte aligned at the start of a buffer, and
//   every
//     buffer is padded to a multiple of 64 bytes, so that a kernel may work in whole vectors.
//   * Activations are NHWC. Arguments are valid: layers check shapes in plan(), kernels do not check again.
//   * Work is queued on `stream`. On the host a Stream is a ThreadPool* that spreads the blocks over its workers, and
//   the
//     call returns when the work is done; a null stream runs everything in the calling thread.
//   * Results have the same bits for any number of threads; nothing uses floating-point atomics.
//   * Unless it says otherwise, an output is overwritten and no output may overlap an input; "in place" marks where it
//   may.
#pragma once
#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "kernels/bf16.h"
#include "kernels/shapes.h"

namespace tandem {

using Stream = void*;  // cudaStream_t on the GPU, host::ThreadPool* on the host

// How one axis is resampled: output o is the sum over t < count of weights[o * count + t] * input[first[o] + t].
// Device pointers to what engine/data/axis_filter.h makes.
struct AxisTaps {
  const int32_t* first = nullptr;
  const float* weights = nullptr;
  int count = 0;
};

// T is the storage type of activations, of their gradients, and of weights as GEMM reads them: float, bf16, or (host
// only) double. Arithmetic is in Compute<T>: float, for double in double; so are biases, gradients of parameters,
// probabilities and losses.
template <class T>
struct Table {
  // --- convolution.cu: the two halves of im2col convolution
  // Rows [row_begin, row_begin + rows) of group `group`'s im2col matrix, [rows][taps()], taps in (kh, kw, c) order.
  void (*im2col)(Stream, const T* x, T* columns, const Convolution&, int group, long row_begin, long rows);
  // The transpose: adds up, for each pixel of group `group` in images [image_begin, image_begin + images), the columns'
  // entries that read it. `columns` holds these images' rows only; pixels no window reads become 0.
  void (*col2im)(Stream, const T* columns, T* dx, const Convolution&, int group, int image_begin, int images);

  // --- direct_convolution.cu, implicit_convolution.cu: whole convolutions without columns. bias may be null.
  void (*direct_forward)(Stream, const T* x, const T* w, const Compute<T>* bias, T* y, const Convolution&);
  void (*direct_backward_data)(Stream, const T* dy, const T* w, T* dx, const Convolution&);
  void (*direct_backward_weights)(Stream, const T* x, const T* dy, Compute<T>* dw, const Convolution&, bool accumulate);
  void (*implicit_forward)(Stream, const T* x, const T* w, const Compute<T>* bias, T* y, const Convolution&);
  void (*implicit_backward_data)(Stream, const T* dy, const T* w, T* dx, const Convolution&);
  // `partial` holds implicit_parts(shape) times as many elements of scratch as there are weights.
  void (*implicit_backward_weights)(Stream, const T* x, const T* dy, Compute<T>* partial, Compute<T>* dw,
                                    const Convolution&, bool accumulate);

  // --- bias.cu
  void (*add_bias)(Stream, T* y, const Compute<T>* bias, long rows, int channels);  // y[r][c] += bias[c]
  // sum[c] = (accumulate ? sum[c] : 0) + sum over r of x[r][c], in two deterministic passes.
  // `partial` holds kColumnSumParts * channels elements of scratch.
  void (*column_sum)(Stream, const T* x, Compute<T>* partial, Compute<T>* sum, long rows, int channels,
                     bool accumulate);

  // --- activation.cu: elementwise over n elements, all may run in place. Backward reads the forward output y.
  void (*relu_forward)(Stream, const T* x, T* y, size_t n);
  void (*relu_backward)(Stream, const T* y, const T* dy, T* dx, size_t n);  // dx = y > 0 ? dy : 0
  void (*sigmoid_forward)(Stream, const T* x, T* y, size_t n);
  void (*sigmoid_backward)(Stream, const T* y, const T* dy, T* dx, size_t n);
  void (*tanh_forward)(Stream, const T* x, T* y, size_t n);
  void (*tanh_backward)(Stream, const T* y, const T* dy, T* dx, size_t n);

  // --- lrn.cu, lrn_same_map.cu: `scale` (as large as x) is kept from forward for backward
  void (*lrn_forward)(Stream, const T* x, T* y, T* scale, const Lrn&);
  void (*lrn_backward)(Stream, const T* x, const T* y, const T* scale, const T* dy, T* dx, const Lrn&);
  void (*lrn_same_map_forward)(Stream, const T* x, T* y, T* scale, const Lrn&);
  void (*lrn_same_map_backward)(Stream, const T* x, const T* y, const T* scale, const T* dy, T* dx, const Lrn&);

  // --- max_pool.cu: argmax[output] = kh * kernel_width + kw of the first maximum in row-major order (kernel <= 16 x
  // 16)
  void (*max_pool_forward)(Stream, const T* x, T* y, uint8_t* argmax, const Pool&);
  void (*max_pool_backward)(Stream, const T* dy, const uint8_t* argmax, T* dx, const Pool&);
  // --- average_pool.cu
  void (*average_pool_forward)(Stream, const T* x, T* y, const Pool&);
  void (*average_pool_backward)(Stream, const T* dy, T* dx, const Pool&);

  // --- dropout.cu: out = (kept ? in * scale : 0); forward and backward are the same call. May run in place.
  void (*dropout)(Stream, const T* in, T* out, size_t n, double scale, const DropoutMask&);

  // --- softmax.cu: a row is one image's logits
  // loss[r] = -log softmax(logits[r])[label], probabilities as large as logits; rank[r] = how many classes are ahead of
  // the label (a larger logit, or an equal one at a lower index): a hit at top-k is rank < k.
  void (*softmax_cross_entropy_forward)(Stream, const T* logits, const int32_t* labels, Compute<T>* loss,
                                        Compute<T>* probabilities, int32_t* rank, int rows, int classes);
  // dlogits = scale * (probabilities - one_hot(label)); scale is 1 / batch for the mean loss. May run in place where
  // both are of one type.
  void (*softmax_cross_entropy_backward)(Stream, const Compute<T>* probabilities, const int32_t* labels, T* dlogits,
                                         int rows, int classes, double scale);

  // --- local.cu: unshared convolution
  void (*local_forward)(Stream, const T* x, const T* w, const Compute<T>* bias, T* y, const Local&);
  void (*local_backward_data)(Stream, const T* dy, const T* w, T* dx, const Local&);
  void (*local_backward_weights)(Stream, const T* x, const T* dy, Compute<T>* dw, Compute<T>* dbias, const Local&,
                                 bool accumulate);

  // --- elementwise.cu
  void (*fill)(Stream, T* x, size_t n, double value);
  void (*add)(Stream, const T* x, T* y, size_t n);                   // y += x
  void (*scale)(Stream, const T* x, T* y, size_t n, double factor);  // y = factor x, may run in place
  void (*narrow)(Stream, const Compute<T>* x, T* y, size_t n);       // y = x, rounded to nearest, ties to even
  // y[r][y_begin + c] = x[r][x_begin + c] for c < count: concat and slice, forward and backward.
  void (*copy_channels)(Stream, const T* x, int x_channels, int x_begin, T* y, int y_channels, int y_begin, int count,
                        long rows);

  // --- transpose.cu: y[c][r] = x[r][c], of x [rows][columns]
  void (*transpose)(Stream, const T* x, T* y, int rows, int columns);

  // --- sgd.cu: one pass over the weights, momentum and gradients of any number of tensors, which lie one after the
  // other in n elements, each from a multiple of kSgdBlock on. Elements from kSgdBlock * b on belong to tensor
  // tensor_of_block[b], which takes the step steps[tensor]; both tables lie in device memory.
  void (*sgd)(Stream, T* w, T* v, const T* g, size_t n, const int32_t* tensor_of_block,
              const SgdStep<Compute<T>>* steps);

  // --- augment.cu: from stored 8-bit images to the net's input. Each has an ImageDraw, whose windows lie inside; all
  // share the mean image, [resized_height][resized_width][channels].
  void (*augment)(Stream, const uint8_t* images, const ImageDraw* draws, const float* mean, T* out, const Augment&);
  // The same for images that are to be resized: first down the columns, into resized [batch][out_height][width]
  // [channels], then along the rows.
  void (*resize_rows)(Stream, const uint8_t* images, const ImageDraw* draws, const AxisTaps& rows, Compute<T>* resized,
                      const Augment&);
  void (*augment_rows)(Stream, const Compute<T>* resized, const ImageDraw* draws, const AxisTaps& columns,
                       const float* mean, T* out, const Augment&);

  // --- magnitude.cu: sums, [kMagnitudeParts], add up to the sum of |x[i]|
  void (*magnitude_sums)(Stream, const T* x, size_t n, Compute<T>* sums);

  // --- reduce.cu: an order-free reduction, by Thrust, which takes memory for it. Waits for the result.
  bool (*all_finite)(Stream, const T* x, size_t n);
};

inline constexpr int kColumnSumParts = 64;
inline constexpr int kMagnitudeParts = 256;

// Into how many parts the sum over output pixels of a weight gradient is cut, so that there is work for many blocks:
// no more than make 2^22 elements of partial sums, and of at least 256 pixels each.
inline int implicit_parts(const Convolution& p) {
  const long weights = long(p.out_channels) * p.taps(), by_memory = (1L << 22) / weights, by_rows = p.rows() / 256;
  return int(std::max(1L, std::min(by_memory, by_rows)));
}

namespace host {
template <class T>
const Table<T>& table();  // float, bf16, double
}
namespace cuda {
template <class T>
const Table<T>& table();  // float, bf16; present only in a build with CUDA
}

}  // namespace tandem
