// Softmax with cross-entropy against its definition in long double, which needs no care for these logits.
#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <limits>
#include <vector>

#include "kernels/table.h"
#include "tests/kernels/buffer.h"
#include "tests/kernels/streams.h"

namespace tandem::test {
namespace {

struct Shape {
  int rows, classes;
};
const std::vector<Shape> kShapes = {{1, 1},   {3, 2},    {128, 10},  {33, 32}, {5, 33},
                                    {7, 100}, {128, 96}, {20, 1000}, {4, 1031}};

Aligned<int32_t> random_labels(const Shape& shape) {
  Random random(9);
  Aligned<int32_t> labels(shape.rows);
  for (int32_t& label : labels) label = random.below(shape.classes);
  return labels;
}

struct Reference {
  std::vector<double> loss, probabilities, dlogits;
  std::vector<int> rank;
};

// As people write it on paper: no maximum is taken off, long double has the range.
Reference reference(const std::vector<double>& logits, const Aligned<int32_t>& labels, const Shape& shape,
                    double scale) {
  Reference r;
  for (int row = 0; row < shape.rows; ++row) {
    const double* z = logits.data() + size_t(row) * shape.classes;
    const int label = labels[row];
    long double sum = 0;
    int ahead = 0;
    for (int i = 0; i < shape.classes; ++i) {
      sum += std::exp((long double)z[i]);
      ahead += z[i] > z[label] || (z[i] == z[label] && i < label);
    }
    for (int i = 0; i < shape.classes; ++i) {
      r.probabilities.push_back(double(std::exp((long double)z[i]) / sum));
      r.dlogits.push_back(scale * (r.probabilities.back() - (i == label)));
    }
    r.loss.push_back(double(-std::log(std::exp((long double)z[label]) / sum)));
    r.rank.push_back(ahead);
  }
  return r;
}

template <class T>
struct Result {
  Aligned<Compute<T>> loss, probabilities;
  Aligned<T> dlogits;
  Aligned<int32_t> rank;
  bool same_bits(const Result& other) const {
    return loss.same_bits(other.loss) && probabilities.same_bits(other.probabilities) &&
           dlogits.same_bits(other.dlogits) && rank.same_bits(other.rank);
  }
};

template <class T>
Result<T> run(Stream stream, const Aligned<T>& logits, const Aligned<int32_t>& labels, const Shape& shape,
              double scale) {
  using A = Compute<T>;
  Result<T> r{Aligned<A>(shape.rows), Aligned<A>(logits.size()), Aligned<T>(logits.size()),
              Aligned<int32_t>(shape.rows)};
  test::table<T>().softmax_cross_entropy_forward(stream, logits.data(), labels.data(), r.loss.data(),
                                                 r.probabilities.data(), r.rank.data(), shape.rows, shape.classes);
  test::table<T>().softmax_cross_entropy_backward(stream, r.probabilities.data(), labels.data(), r.dlogits.data(),
                                                  shape.rows, shape.classes, scale);
  return r;
}

TEMPLATE_TEST_CASE("softmax_cross_entropy follows its definition", "[softmax]", float, double, bf16) {
  for (const Shape& shape : kShapes) {
    CAPTURE(shape.rows, shape.classes);
    Aligned<TestType> logits(size_t(shape.rows) * shape.classes);
    Random random(1);
    for (TestType& logit : logits) logit = TestType(float(random.below(80) - 40) / 8);  // few values, so that some tie
    const auto labels = random_labels(shape);
    const Reference expected = reference(to_double(logits), labels, shape, 0.5);
    const auto actual =
        same_on_every_stream([&](Stream stream) { return run<TestType>(stream, logits, labels, shape, 0.5); });
    CHECK(worst_error(actual.loss, expected.loss) < 2 * tolerance<Compute<TestType>>());
    CHECK(worst_error(actual.probabilities, expected.probabilities) < tolerance<Compute<TestType>>());
    CHECK(worst_error(actual.dlogits, expected.dlogits) < tolerance<TestType>());
    CHECK(std::vector<int>(actual.rank.begin(), actual.rank.end()) == expected.rank);
  }
}

TEST_CASE("softmax_cross_entropy's backward may run in place", "[softmax]") {
  const Shape shape{6, 1000};
  const auto logits = random_buffer<float>(size_t(shape.rows) * shape.classes, 3);
  const auto labels = random_labels(shape);
  const Result<float> expected = run<float>(nullptr, logits, labels, shape, 0.25);
  Aligned<float> both = expected.probabilities;
  test::table<float>().softmax_cross_entropy_backward(nullptr, both.data(), labels.data(), both.data(), shape.rows,
                                                      shape.classes, 0.25);
  CHECK(both.same_bits(expected.dlogits));
}

TEST_CASE("softmax_cross_entropy is stable for huge logits", "[softmax]") {
  for (const int classes : {3, 40}) {
    Aligned<float> logits(size_t(2) * classes, -1e4);
    logits[0] = logits[1] = 1e4f;                          // the label and one other share the first row
    logits[classes] = -3e4f, logits[classes + 1] = 3e38f;  // the second row is wholly the other's
    const Result<float> r = run<float>(nullptr, logits, Aligned<int32_t>(2, 0), {2, classes}, 1);
    CHECK(r.loss[0] == Approx(std::log(2.0)));
    CHECK(r.probabilities[0] == Approx(0.5));
    CHECK(r.loss[1] == Approx(3e38));
    CHECK(r.probabilities[classes + 1] == 1);
    CHECK(r.rank[0] == 0);
    CHECK(r.rank[1] == classes - 1);
  }
}

TEST_CASE("softmax_cross_entropy of logits that are not numbers is no number, and no hit", "[softmax]") {
  for (const int classes : {4, 50}) {
    for (const int place : {0, 2, classes - 1}) {
      Aligned<float> logits(classes, 1.0);
      logits[place] = NAN;
      const Result<float> r = run<float>(nullptr, logits, Aligned<int32_t>(1, 2), {1, classes}, 1);
      CHECK(std::isnan(r.loss[0]));
      CHECK(r.rank[0] > (place == 2 ? classes - 2 : 0));
    }
  }
}

}  // namespace
}  // namespace tandem::test
