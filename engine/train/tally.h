// Counts how good predictions are.
//
// All classes have an order even where they tie: the greater probability is ahead, and of two equal ones that of the
// class with the lower number. So a label is among the k likeliest if fewer than k classes are ahead of it, and always
// if there are no more than k classes.
#pragma once
#include <cstddef>
#include <span>
#include <vector>

namespace tandem {

struct Evaluation {
  long images = 0;
  double loss = 0;                   // mean
  double error = 0, top5_error = 0;  // per cent of images whose label is not the likeliest (among the 5 likeliest)
};

// How many classes are ahead of the label. A probability that is not a number is ahead of everything: a net that has
// diverged hits nothing.
int label_rank(std::span<const double> probabilities, int label);

// The k likeliest classes, or all if there are fewer, the likeliest first. What is not a number comes last.
std::vector<int> likeliest(std::span<const double> probabilities, int k);

class Tally {
 public:
  // One image: the class probabilities, its loss, and its true class.
  void add(std::span<const double> probabilities, double loss, int label);
  Evaluation evaluation() const;  // all zero before there is an image

 private:
  long images_ = 0, top1_ = 0, top5_ = 0;
  double loss_ = 0;
};

}  // namespace tandem
