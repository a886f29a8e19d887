// What comparing one case came to.
#pragma once
#include <string>
#include <vector>

namespace tandem::test {

// Collects comparisons and remembers the one that came closest to its tolerance, or went furthest beyond it.
class Comparison {
 public:
  // ||actual - expected|| <= tolerance ||expected||, Euclidean norms. Denormals may be flushed.
  void close(const std::string& what, const std::vector<double>& actual, const std::vector<double>& expected,
             double tolerance);
  // The same where numbers cancel, or are a sample of something larger: `size` is the norm that errors are measured by.
  void close(const std::string& what, const std::vector<double>& actual, const std::vector<double>& expected,
             double tolerance, double size);
  // Every element: |actual - expected| <= tolerance |expected|.
  void each_close(const std::string& what, const std::vector<double>& actual, const std::vector<double>& expected,
                  double tolerance);
  // Every element, to the last bit (but denormals may be flushed).
  void equal(const std::string& what, const std::vector<double>& actual, const std::vector<double>& expected);

  bool passed() const { return worst_ <= 1; }
  double error() const { return error_; }            // of the worst comparison, relative
  const std::string& what() const { return what_; }  // its name
  double tolerance() const { return tolerance_; }    // its tolerance
  int count() const { return count_; }               // how many comparisons there were

  // Remarks to print beside the result.
  std::vector<std::string> notes;

 private:
  void record(const std::string& what, double error, double tolerance);

  double worst_ = -1;  // error / tolerance
  double error_ = 0, tolerance_ = 0;
  std::string what_;
  int count_ = 0;
};

// Euclidean norms of x and of x - y; infinity where anything is not a number, or the sizes differ.
double l2_norm(const std::vector<double>& x);
double l2_distance(const std::vector<double>& x, const std::vector<double>& y);

}  // namespace tandem::test
