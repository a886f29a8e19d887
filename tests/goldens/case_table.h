// The one list of layers on trial. What is listed here is compared with the goldens (where it comes from one), checked
// by differences, and compared between devices.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "engine/device/tensor.h"
#include "tests/goldens/golden_case.h"

namespace tandem::test {

struct LayerCase {
  std::string name;
  std::string toml;  // the layer's table of a net file, without its name
  std::vector<ImageShape> inputs;
  int batch = 1;
  int classes = 0;  // of a loss layer: labels are below this
};

// The layer of a golden operator case; nothing for operators that are no layer (bias, sgd_paper, pca_colour, network).
// Dropout, of which a golden case holds both rules, is given by its inverted rule. Throws Error for an operator or
// parameter it does not know.
std::optional<LayerCase> layer_case(const GoldenCase& golden);

std::string dropout_toml(double keep, const std::string& rule);

// Layers that the goldens lack: AlexNet's own shapes with fewer channels, and corners.
std::vector<LayerCase> own_layer_cases();

// Both: every distinct layer of the goldens, then our own.
std::vector<LayerCase> all_layer_cases(const std::vector<GoldenCase>& goldens);

}  // namespace tandem::test
