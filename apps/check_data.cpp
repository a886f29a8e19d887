#include <iomanip>
#include <iostream>

#include "apps/check.h"
#include "engine/data/open.h"
#include "engine/data/statistics.h"

namespace tandem {
namespace {

void print(const std::string& split, const Dataset& dataset, const DatasetStatistics& statistics) {
  std::cout << split << ": " << statistics.images << " images of " << to_string(statistics.format) << ", "
            << dataset.classes() << " classes\n";
  std::cout << std::fixed << std::setprecision(2);
  for (size_t c = 0; c < statistics.channel_means.size(); ++c)
    std::cout << "  channel " << c << ": mean " << statistics.channel_means[c] << ", standard deviation "
              << statistics.channel_deviations[c] << '\n';
  for (size_t c = 0; c < statistics.class_counts.size(); ++c)
    std::cout << "  " << std::setw(6) << statistics.class_counts[c] << "  " << dataset.class_names()[c] << '\n';
}

}  // namespace

int check_data(const std::string& folder) {
  for (const Split split : {Split::train, Split::test}) {
    const std::unique_ptr<Dataset> dataset = open_dataset(folder, split);
    print(to_string(split), *dataset, measure(*dataset));
  }
  return kOk;
}

}  // namespace tandem
