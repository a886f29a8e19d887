#include "engine/train/confusion.h"

#include <limits>

namespace tandem {

long Confusion::images(int truth) const {
  long sum = 0;
  for (int predicted = 0; predicted < classes_; ++predicted) sum += count(truth, predicted);
  return sum;
}

double Confusion::error(int truth) const {
  const long all = images(truth);
  if (all == 0) return std::numeric_limits<double>::quiet_NaN();
  return 100 * double(all - count(truth, truth)) / double(all);
}

int Confusion::commonest_mistake(int truth) const {
  int commonest = -1;
  for (int predicted = 0; predicted < classes_; ++predicted) {
    if (predicted == truth || count(truth, predicted) == 0) continue;
    if (commonest < 0 || count(truth, predicted) > count(truth, commonest)) commonest = predicted;
  }
  return commonest;
}

}  // namespace tandem
