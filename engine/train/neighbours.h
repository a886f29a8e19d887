// The nearest vectors to a few given ones, out of very many that come one by one and are not kept.
#pragma once
#include <cstddef>
#include <span>
#include <vector>

namespace tandem {

struct Neighbour {
  long index = 0;
  double distance = 0;  // Euclidean
};

class NearestNeighbours {
 public:
  // Queries are [count][length]; `most` neighbours are wanted of each.
  NearestNeighbours(std::vector<float> queries, size_t length, size_t most);

  void add(long index, std::span<const float> vector);

  // Of a query, the nearest first; of equally near ones the lower index. A vector with a value that is not a number is
  // nobody's neighbour.
  const std::vector<Neighbour>& of(size_t query) const { return nearest_[query]; }

 private:
  std::vector<float> queries_;
  size_t length_, most_;
  std::vector<std::vector<Neighbour>> nearest_;  // [query], in order
};

}  // namespace tandem
