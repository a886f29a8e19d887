// A table of which classes are taken for which, as a picture.
#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace tandem {

// `counts` is [truth][predicted]. A complete SVG document: a row for each true class, a column for each predicted one.
// A cell's colour is its share of the row, blue for hits, red for mistakes; these by the square root, since the few
// that a good net makes are what one wants to see. Beside each row stands its error. Up to 20 classes the cells bear
// their counts, up to 60 rows and columns their names; with more the table has about 800 pixels a side.
std::string confusion_svg(const std::string& title, const std::vector<std::string>& names,
                          std::span<const uint32_t> counts);

}  // namespace tandem
