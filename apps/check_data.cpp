#include <iomanip>
#include <iostream>

#include "apps/check.h"
#include "engine/data/open.h"
#include "engine/data/summary.h"

namespace tandem {
namespace {

void print(const std::string& split, const Dataset& dataset, const DataSummary& summary) {
  std::cout << split << ": " << summary.images << " images of " << to_string(summary.format) << ", "
            << dataset.classes() << " classes\n";
  std::cout << std::fixed << std::setprecision(2);
  for (size_t c = 0; c < summary.channel_means.size(); ++c)
    std::cout << "  channel " << c << ": mean " << summary.channel_means[c] << ", standard deviation "
              << summary.channel_deviations[c] << '\n';
  for (size_t c = 0; c < summary.class_counts.size(); ++c)
    std::cout << "  " << std::setw(6) << summary.class_counts[c] << "  " << dataset.class_names()[c] << '\n';
}

}  // namespace

int check_data(const std::string& folder) {
  for (const Split split : {Split::train, Split::test}) {
    const std::unique_ptr<Dataset> dataset = open_dataset(folder, split);
    print(to_string(split), *dataset, summarise(*dataset));
  }
  return kOk;
}

}  // namespace tandem
