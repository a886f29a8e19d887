// The data gradient of a stride-1 convolution as a convolution itself. With stride 1,
//   dx[h][w][c] = sum over kh, kw, o of dy[h + pad.top - kh][w + pad.left - kw][o] weights[o][kh][kw][c],
// and kh -> kernel-1-kh turns this into a forward convolution of dy with turned filters and a padding of kernel-1-pad.
// It writes each pixel of dx once, where col2im adds kernel^2 values.
#include "layers/convolution_plan.h"
#include "layers/convolution_routes.h"

namespace tandem {
namespace {

Convolution turned(const Convolution& c) {
  return {.batch = c.batch,
          .height = c.out_height,
          .width = c.out_width,
          .channels = c.out_channels,
          .out_channels = c.channels,
          .kernel = c.kernel,
          .stride = 1,
          .groups = c.groups,
          .pad = {c.kernel - 1 - c.pad.top, c.kernel - 1 - c.pad.left, c.kernel - 1 - c.pad.bottom,
                  c.kernel - 1 - c.pad.right},
          .out_height = c.height,
          .out_width = c.width};
}

}  // namespace

template <class T>
void data_gradient_by_rotation(Device& device, const Convolution& shape, const T* dy, const T* w, T* dx,
                               Scratch<T>& rotated) {
  T* const filters = rotated.reserve(device, size_t(shape.out_channels) * shape.taps());
  device.kernels<T>().rotate_filters(device.stream(), w, filters, shape);
  convolve<T>(device, turned(shape), dy, filters, nullptr, dx);
}

template <class T>
void convolution_data_gradient(Device& device, const Convolution& shape, const T* dy, const T* w, T* dx,
                               Scratch<T>& rotated) {
  if (ConvolutionPlan(shape, device, sizeof(T)).data_gradient == DataGradientRoute::rotated)
    data_gradient_by_rotation(device, shape, dy, w, dx, rotated);
  else
    data_gradient_by_columns(device, shape, dy, w, dx);
}

template void data_gradient_by_rotation(Device&, const Convolution&, const float*, const float*, float*,
                                        Scratch<float>&);
template void data_gradient_by_rotation(Device&, const Convolution&, const double*, const double*, double*,
                                        Scratch<double>&);
template void convolution_data_gradient(Device&, const Convolution&, const float*, const float*, float*,
                                        Scratch<float>&);
template void convolution_data_gradient(Device&, const Convolution&, const double*, const double*, double*,
                                        Scratch<double>&);

}  // namespace tandem
