#include "engine/data/colour_pca.h"

#include <catch2/catch.hpp>
#include <vector>

#include "engine/core/error.h"

using namespace tandem;

TEST_CASE("colours on a grey line have one component, along grey", "[colour_pca]") {
  const std::vector<double> pixels{10, 10, 10, 20, 20, 20, 30, 30, 30};
  const ColourPca pca = colour_pca(pixels);
  // Each channel's variance is (100 + 0 + 100) / 3; three equal, fully correlated channels have eigenvalue 3 times
  // that.
  for (double mean : pca.mean) CHECK(mean == Approx(20));
  for (double entry : pca.covariance) CHECK(entry == Approx(200.0 / 3));
  CHECK(pca.eigenvalues[0] == Approx(200));
  CHECK(pca.eigenvalues[1] == Approx(0).margin(1e-9));
  CHECK(pca.eigenvalues[2] == Approx(0).margin(1e-9));
  for (int row = 0; row < 3; ++row) CHECK(pca.eigenvectors[row * 3] == Approx(1 / std::sqrt(3.0)));
  for (double value : pca.delta({0.1, 7, 7})) CHECK(value == Approx(20 / std::sqrt(3.0)));
}

TEST_CASE("independent channels are their own components, by descending variance", "[colour_pca]") {
  std::vector<double> pixels;
  for (double red : {-1.0, 1.0})
    for (double green : {-3.0, 3.0})
      for (double blue : {-2.0, 2.0}) pixels.insert(pixels.end(), {red, green, blue});
  const ColourPca pca = colour_pca(pixels);
  CHECK(pca.eigenvalues == std::array<double, 3>{9, 4, 1});
  CHECK(pca.eigenvectors == std::array<double, 9>{0, 0, 1, 1, 0, 0, 0, 1, 0});
}

TEST_CASE("a component points where its largest entry is positive", "[colour_pca]") {
  const ColourPca pca = colour_pca(std::vector<double>{-1, 3, 0, 1, -3, 0});
  CHECK(pca.eigenvalues[0] == Approx(10));
  CHECK(pca.eigenvectors[0] == Approx(-1 / std::sqrt(10.0)));
  CHECK(pca.eigenvectors[3] == Approx(3 / std::sqrt(10.0)));
}

TEST_CASE("what is not a list of pixels is refused", "[colour_pca]") {
  CHECK_THROWS_AS(colour_pca(std::vector<double>{}), Error);
  CHECK_THROWS_WITH(colour_pca(std::vector<double>{1, 2, 3, 4}),
                    Catch::Contains("4 values are not a list of RGB pixels"));
}
