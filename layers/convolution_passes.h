// The passes of a convolution over a batch, from device arrays to device arrays (layouts: kernels/shapes.h). All queue
// their work. T is float, bf16 or double.
#pragma once
#include "engine/net/layer.h"
#include "kernels/shapes.h"
#include "layers/scratch.h"

namespace tandem {

// y = the convolution of x with weights w, plus bias[out_channels] unless it is null. `turned` takes the weights
// transposed, where the device's GEMM wants them so.
template <class T>
void convolve(Device& device, const Convolution& shape, const T* x, const T* w, const Compute<T>* bias, T* y,
              Scratch<T>& turned);

// dw, overwritten or added to.
template <class T>
void convolution_weight_gradient(Device& device, const Convolution& shape, const T* x, const T* dy, Compute<T>* dw,
                                 bool accumulate, Scratch<Compute<T>>& partials);

// dx, overwritten.
template <class T>
void convolution_data_gradient(Device& device, const Convolution& shape, const T* dy, const T* w, T* dx);

// What these passes take: workspace, the transposed weights, and the partial sums of the weight gradient.
template <class T>
ScratchUse convolution_scratch(const Device& device, const Convolution& shape, const PassKind& kind);

}  // namespace tandem
