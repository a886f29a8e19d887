#include "engine/data/colour_pca.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "engine/core/error.h"

namespace tandem {
namespace {

// One Jacobi rotation: a <- J^T a J with a[p][q] becoming 0, and v <- v J (Golub & Van Loan, "Matrix Computations",
// section 8.5.2: the smaller of the two angles).
void rotate(ColourMatrix& a, ColourMatrix& v, int p, int q) {
  if (a[p * 3 + q] == 0) return;
  const double theta = (a[q * 3 + q] - a[p * 3 + p]) / (2 * a[p * 3 + q]);
  const double tangent = std::copysign(1.0, theta) / (std::abs(theta) + std::hypot(theta, 1.0));
  const double cosine = 1 / std::hypot(tangent, 1.0), sine = tangent * cosine;
  const auto turn = [&](double& x, double& y) {
    const double turned_x = cosine * x - sine * y;
    y = sine * x + cosine * y;
    x = turned_x;
  };
  for (int row = 0; row < 3; ++row) turn(a[row * 3 + p], a[row * 3 + q]);
  for (int column = 0; column < 3; ++column) turn(a[p * 3 + column], a[q * 3 + column]);
  a[p * 3 + q] = a[q * 3 + p] = 0;  // what is left there is rounding
  for (int row = 0; row < 3; ++row) turn(v[row * 3 + p], v[row * 3 + q]);
}

// Cyclic Jacobi converges quadratically: ten sweeps are twice what any 3 x 3 matrix needs.
void decompose(const ColourMatrix& symmetric, ColourVector& eigenvalues, ColourMatrix& eigenvectors) {
  ColourMatrix a = symmetric, v{1, 0, 0, 0, 1, 0, 0, 0, 1};
  for (int sweep = 0; sweep < 10; ++sweep) {
    rotate(a, v, 0, 1);
    rotate(a, v, 0, 2);
    rotate(a, v, 1, 2);
  }
  std::array<int, 3> order{0, 1, 2};
  std::stable_sort(order.begin(), order.end(), [&](int i, int j) { return a[i * 4] > a[j * 4]; });
  for (int j = 0; j < 3; ++j) {
    const int from = order[j];
    eigenvalues[j] = a[from * 4];
    double largest = 0;
    for (int row = 0; row < 3; ++row)
      if (std::abs(v[row * 3 + from]) > std::abs(largest)) largest = v[row * 3 + from];
    for (int row = 0; row < 3; ++row) eigenvectors[row * 3 + j] = std::copysign(1.0, largest) * v[row * 3 + from];
  }
}

}  // namespace

ColourVector ColourPca::delta(const ColourVector& alpha) const {
  ColourVector sum{};
  for (int row = 0; row < 3; ++row)
    for (int j = 0; j < 3; ++j) sum[row] += eigenvectors[row * 3 + j] * alpha[j] * eigenvalues[j];
  return sum;
}

// Two passes, so that a small variance beside a large mean keeps its digits.
ColourPca colour_pca(std::span<const double> pixels) {
  if (pixels.empty() || pixels.size() % 3 != 0)
    throw Error("colour_pca", std::to_string(pixels.size()) + " values are not a list of RGB pixels",
                "give three values a pixel, and at least one pixel");
  const double count = double(pixels.size() / 3);
  ColourVector mean{};
  for (size_t i = 0; i < pixels.size(); ++i) mean[i % 3] += pixels[i];
  for (double& entry : mean) entry /= count;
  ColourMatrix covariance{};
  for (size_t i = 0; i < pixels.size(); i += 3)
    for (int row = 0; row < 3; ++row)
      for (int column = 0; column < 3; ++column)
        covariance[row * 3 + column] += (pixels[i + row] - mean[row]) * (pixels[i + column] - mean[column]);
  for (double& entry : covariance) entry /= count;
  return colour_pca(mean, covariance);
}

ColourPca colour_pca(const ColourVector& mean, const ColourMatrix& covariance) {
  ColourPca pca{.mean = mean, .covariance = covariance};
  decompose(covariance, pca.eigenvalues, pca.eigenvectors);
  return pca;
}

}  // namespace tandem
