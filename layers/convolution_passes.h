// The passes of a convolution over a batch, from device arrays to device arrays (layouts: kernels/shapes.h). All queue
// their work. T is float, bf16 or double.
#pragma once
#include "engine/net/layer.h"
#include "kernels/shapes.h"

namespace tandem {

// y = the convolution of x with weights w, plus bias[out_channels] unless it is null. `turned` takes the weights
// transposed, where the device's GEMM wants them so: scratch, as convolution_scratch says.
template <class T>
void convolve(Device& device, const Convolution& shape, const T* x, const T* w, const Compute<T>* bias, T* y,
              T* turned);

// dw, overwritten or added to. `partials`: scratch too.
template <class T>
void convolution_weight_gradient(Device& device, const Convolution& shape, const T* x, const T* dy, Compute<T>* dw,
                                 bool accumulate, Compute<T>* partials);

// dx, overwritten.
template <class T>
void convolution_data_gradient(Device& device, const Convolution& shape, const T* dy, const T* w, T* dx);

// What these passes take: workspace, and scratch for the transposed weights or the weight gradient's partial sums.
template <class T>
ScratchUse convolution_scratch(const Device& device, const Convolution& shape, const PassKind& kind);

}  // namespace tandem
