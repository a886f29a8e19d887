// Principal components of a set of colours, for the paper's colour augmentation (Krizhevsky et al. 2012, section 4.1):
// to each pixel of an image add [p1 p2 p3] [a1 l1, a2 l2, a3 l3]^T, where p and l are the eigenvectors and eigenvalues
// of the 3 x 3 covariance of RGB pixel values, and the a are drawn once an image.
#pragma once
#include <array>
#include <cstdint>
#include <span>

namespace tandem {

// Matrices are row-major. Values are in the unit of the pixels they came from (eigenvalues in its square).
struct ColourPca {
  std::array<double, 3> mean{};
  std::array<double, 9> covariance{};   // divided by the number of pixels, not one less
  std::array<double, 3> eigenvalues{};  // descending
  std::array<double, 9>
      eigenvectors{};  // column j belongs to eigenvalue j: unit length, its largest component positive

  // What the paper adds to every pixel of an image that drew these alphas.
  std::array<double, 3> delta(const std::array<double, 3>& alpha) const;
};

// `pixels` is [pixels][3]. Throws Error for no pixels, or for a number of values that is not a multiple of 3.
ColourPca colour_pca(std::span<const uint8_t> pixels);
ColourPca colour_pca(std::span<const double> pixels);

}  // namespace tandem
