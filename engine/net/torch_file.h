// A net's parameters as PyTorch keeps them: a state dictionary in a safetensors file, with the names and layouts of
// torchvision's AlexNet.
//
// Names. The layers stand in two sequences, each numbered from 0 in the order of the net file: `classifier` begins with
// the first fully-connected layer, or with the dropout just before it, and `features` is what comes before. Every layer
// counts, whether it has parameters or not. So alexnet-owt's conv2.weights is features.3.weight, and its fc6.biases
// classifier.1.bias.
//
// Layouts. PyTorch has channels before pixels: a convolution's filters are [out][in / groups][height][width] there and
// [out][height][width][in / groups] here, and a fully-connected layer reads its input as C x H x W there and H x W x C
// here.
#pragma once
#include <filesystem>
#include <string>
#include <vector>

#include "engine/net/net.h"

namespace tandem {

struct TorchTensor {
  std::string name;         // "features.0.weight"
  std::vector<long> shape;  // PyTorch's
  // Of its two innermost axes here, [pixels][channels], which PyTorch has the other way round; 1 and 1 if it has none.
  long pixels = 1, channels = 1;
};

// Of every parameter, in the order of the layers. Throws UsageError for a layer with parameters whose layout PyTorch
// does not have (local).
std::vector<TorchTensor> torch_tensors(const NetOutline& plan);

// Writes atomically; see AtomicFile.
void write_torch_file(const std::filesystem::path& path, const AnyNet<float>& net);

// Fills the net's parameters, bit for bit what write_torch_file was given. Throws Error, which names the tensor, unless
// the file holds exactly this net's tensors, in float32, with finite values.
void read_torch_file(const std::filesystem::path& path, AnyNet<float>& net);

}  // namespace tandem
