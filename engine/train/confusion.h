// Which classes are taken for which.
#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace tandem {

class Confusion {
 public:
  explicit Confusion(int classes) : classes_(classes), counts_(size_t(classes) * size_t(classes)) {}

  void add(int truth, int predicted) { ++counts_[size_t(truth) * size_t(classes_) + size_t(predicted)]; }

  int classes() const { return classes_; }
  std::span<const uint32_t> counts() const { return counts_; }  // [truth][predicted]
  long count(int truth, int predicted) const { return counts_[size_t(truth) * size_t(classes_) + size_t(predicted)]; }
  long images(int truth) const;   // of that class
  double error(int truth) const;  // per cent of them that are taken for another class; NaN if there are none
  // What the class is taken for most often, the first of equals; -1 if for nothing but itself.
  int commonest_mistake(int truth) const;

 private:
  int classes_;
  std::vector<uint32_t> counts_;
};

}  // namespace tandem
