// A golden network as a net file. The goldens count flatten as a layer; the engine has none, since a fully-connected
// layer reads an image as it is.
#pragma once
#include <string>
#include <vector>

#include "tests/goldens/golden_case.h"

namespace tandem::test {

struct NetworkDescription {
  std::string toml;
  // For each layer of the goldens, the engine's layer with the same output (-1: the net's input).
  std::vector<int> engine_layers;
};

NetworkDescription describe_network(const GoldenCase& golden);

}  // namespace tandem::test
