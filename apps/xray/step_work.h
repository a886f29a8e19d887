// What a training step does and what it has to do at least, in a GPU's units, and how long that takes on one.
#pragma once
#include <string>
#include <vector>

#include "apps/xray/gpu.h"

namespace tandem {

// What all calls of one kernel in a step do, or of GEMM.
struct KernelWork {
  std::string kernel;
  double multiply_adds = 0;  // of GEMM and of whole convolutions
  double bytes = 0;          // moved; of GEMM: operands read and results written once a call
  double warp_instructions = 0;
  double launches = 0;

  bool is_gemm() const { return kernel == "gemm"; }
};

// What a step has to do at least, with im2col and the vendor's GEMM, and everything elementwise fused into a neighbour.
struct LeastWork {
  double multiply_adds = 0;
  double column_bytes = 0;  // each matrix that im2col makes or col2im takes is written once and read once
  // By the layers' contracts: the stored images and the input, each layer's inputs, outputs, notes and their gradients
  // once in each pass that needs them. Layers that may run in place are fused.
  double activation_bytes = 0;
  double weight_bytes = 0;     // read forward and backward, their gradients written, and the update
  double launches = 0;         // of all that is not fused
  double column_launches = 0;  // among them, im2col's and col2im's
};

// GEMM at kGemmEfficiency of this many operations a second, all bytes at the memory's peak, kLaunchSeconds a launch,
// and nothing overlaps: in both alike.
double floor_seconds(const LeastWork& least, const Gpu& gpu, double flops_per_second);
double foretold_seconds(const std::vector<KernelWork>& work, const Gpu& gpu, double flops_per_second);

}  // namespace tandem
