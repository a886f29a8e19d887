// Principal components of a set of colours, for the paper's colour augmentation (Krizhevsky et al. 2012, section 4.1):
// to each pixel of an image add [p1 p2 p3] [a1 l1, a2 l2, a3 l3]^T, where p and l are the eigenvectors and eigenvalues
// of the 3 x 3 covariance of RGB pixel values, and the a are drawn once an image.
#pragma once
#include <array>
#include <span>

namespace tandem {

using ColourVector = std::array<double, 3>;
using ColourMatrix = std::array<double, 9>;  // row-major

// Values are in the unit of the pixels they came from (eigenvalues in its square).
struct ColourPca {
  ColourVector mean{};
  ColourMatrix covariance{};    // divided by the number of pixels, not one less
  ColourVector eigenvalues{};   // descending
  ColourMatrix eigenvectors{};  // column j belongs to eigenvalue j: unit length, its largest component positive

  // What the paper adds to every pixel of an image that drew these alphas.
  ColourVector delta(const ColourVector& alpha) const;
};

// `pixels` is [pixels][3]. Throws Error for no pixels, or for a number of values that is not a multiple of 3.
ColourPca colour_pca(std::span<const double> pixels);

// Of pixels whose mean and covariance are known.
ColourPca colour_pca(const ColourVector& mean, const ColourMatrix& covariance);

}  // namespace tandem
