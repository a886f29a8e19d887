#include "engine/train/neighbours.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>

namespace tandem {
namespace {

double distance_between(std::span<const float> a, std::span<const float> b) {
  double sum = 0;
  for (size_t i = 0; i < a.size(); ++i) {
    const double difference = double(a[i]) - double(b[i]);
    sum += difference * difference;
  }
  return std::sqrt(sum);
}

}  // namespace

NearestNeighbours::NearestNeighbours(std::vector<float> queries, size_t length, size_t most)
    : queries_(std::move(queries)), length_(length), most_(most), nearest_(queries_.size() / length) {}

void NearestNeighbours::add(long index, std::span<const float> vector) {
  if (vector.size() != length_) throw std::logic_error("NearestNeighbours: a vector of another length");
  for (size_t query = 0; query < nearest_.size(); ++query) {
    const Neighbour here{index, distance_between(std::span(queries_).subspan(query * length_, length_), vector)};
    if (std::isnan(here.distance)) continue;
    std::vector<Neighbour>& nearest = nearest_[query];
    const auto place =
        std::upper_bound(nearest.begin(), nearest.end(), here, [](const Neighbour& a, const Neighbour& b) {
          return a.distance < b.distance || (a.distance == b.distance && a.index < b.index);
        });
    nearest.insert(place, here);
    if (nearest.size() > most_) nearest.pop_back();
  }
}

}  // namespace tandem
