// How one convolution is cut into work.
//
// Forward turns the input into the im2col matrix, [rows][taps]: a row an output pixel of the batch, a column a weight
// of a filter. Then y = columns * weights^T, a GEMM a group. The matrix is never whole in memory: a tile of rows at a
// time is made, multiplied while it is in cache, and forgotten.
#pragma once
#include <cstddef>

#include "engine/device/device.h"
#include "kernels/shapes.h"

namespace tandem {

// Depends on the shape and the kind of device alone, never on threads or the workspace's cap: so do the results' bits.
struct ConvolutionPlan {
  ConvolutionPlan(const Convolution& shape, const Device& device, size_t element_bytes);

  // The input is the im2col matrix already: a 1x1 kernel, or a kernel that covers the whole image in one group.
  bool input_is_matrix = false;
  long input_row = 0;    // then the matrix's row length in memory
  long tile_rows = 0;    // im2col rows a tile, so many that tiles begin on 64 bytes
  long tiles = 0;        // of the whole batch
  int partial_sums = 0;  // ordered sums of the weight gradient, each over a run of tiles
  int tile_images = 0;   // images a tile of the data gradient, whose tiles are whole images
  long image_tiles = 0;
  size_t tile_workspace = 0, image_workspace = 0;  // bytes of columns; 0 where none are made
};

}  // namespace tandem
