// The grid of kernels that slide windows over images: a block covers a tile of pixels, each of `items` contiguous items
// (elements, Vecs or Words). Windows of neighbours overlap, so the more nearly square a tile is, the fewer pixels are
// read by two blocks. How large it may be, launch.h says for each machine: on the GPU few items of a square of pixels;
// on the host, whose caches outlive a block, all items of a piece of one row, which makes long loops over threadIdx.x.
#pragma once
#include "kernels/divisor.h"
#include "kernels/kernel.h"
#include "kernels/row_launch.h"

namespace tandem::KERNEL_NAMESPACE {

// The calling thread's pixel.
struct Pixel {
  int image, row, column;
};

// The usual limit to a tile's items, of N elements of type T each.
template <class T, int N>
constexpr int kTileItems = kTileBytes / int(N * sizeof(T));

// How many of `size` things a tile takes, at most `limit`, so that all tiles take about as many.
inline int evened(int size, int limit) { return ceil_div(size, ceil_div(size, limit)); }

// threadIdx.x and blockIdx.y run over the items (column_index() of row_launch.h), threadIdx.y over a tile's columns,
// threadIdx.z over its rows, blockIdx.x over images and tiles.
class Tiles {
 public:
  Tiles(int images, int height, int width, int items, int item_limit)
      : Tiles(images, height, width, items, block_of(height, width, block_width(items, min(item_limit, 1024)))) {}

  Launch launch(Stream stream) const { return {grid_, block_, 0, stream}; }

  __device__ Pixel pixel() const {
    const int tile_row = by_across_.quotient(blockIdx.x), image = by_down_.quotient(tile_row);
    const int row = by_down_.remainder(tile_row) * blockDim.z + threadIdx.z;
    const int column = by_across_.remainder(blockIdx.x) * blockDim.y + threadIdx.y;
    return {image, row, column};
  }
  // Not where the tile hangs over the image's edge.
  __device__ bool contain(const Pixel& pixel) const { return (pixel.row < height_) & (pixel.column < width_); }

 private:
  Tiles(int images, int height, int width, int items, dim3 block)
      : Tiles(images, height, width, items, block, ceil_div(height, block.z), ceil_div(width, block.y)) {}
  Tiles(int images, int height, int width, int items, dim3 block, int down, int across)
      : block_(block),
        grid_(images * down * across, items / block.x),
        by_down_(down),
        by_across_(across),
        height_(height),
        width_(width) {}

  static dim3 block_of(int height, int width, int x) {
    int side = 1;
    while (x * (side + 1) * min(side + 1, kTileRows) <= kTileThreads) ++side;
    const int columns = evened(width, side), rows = min(kTileRows, max(1, kTileThreads / (x * columns)));
    return dim3(x, columns, evened(height, rows));
  }

  dim3 block_, grid_;
  Divisor by_down_, by_across_;
  int height_, width_;
};

}  // namespace tandem::KERNEL_NAMESPACE
