#include "engine/train/tally.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace tandem {

int label_rank(std::span<const double> probabilities, int label) {
  const double own = probabilities[size_t(label)];
  int ahead = 0;
  for (int i = 0; i < int(probabilities.size()); ++i)
    ahead += i < label ? !(probabilities[size_t(i)] < own) : !(probabilities[size_t(i)] <= own);
  return ahead;
}

std::vector<int> likeliest(std::span<const double> probabilities, int k) {
  const auto key = [&](int i) { return std::isnan(probabilities[size_t(i)]) ? -1.0 : probabilities[size_t(i)]; };
  std::vector<int> classes(probabilities.size());
  std::iota(classes.begin(), classes.end(), 0);
  const auto end = classes.begin() + std::min(k, int(classes.size()));
  std::partial_sort(classes.begin(), end, classes.end(),
                    [&](int a, int b) { return key(a) > key(b) || (key(a) == key(b) && a < b); });
  classes.erase(end, classes.end());
  return classes;
}

void Tally::add(std::span<const double> probabilities, double loss, int label) {
  const int rank = label_rank(probabilities, label);
  ++images_;
  top1_ += rank < 1;
  top5_ += rank < 5;
  loss_ += loss;
}

Evaluation Tally::evaluation() const {
  if (images_ == 0) return {};
  const double images = double(images_);
  return {.images = images_,
          .loss = loss_ / images,
          .error = 100 * (images - double(top1_)) / images,
          .top5_error = 100 * (images - double(top5_)) / images};
}

}  // namespace tandem
