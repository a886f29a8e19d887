// A run on disk: a safetensors file that holds everything a net needs to go on training, or to be used elsewhere.
//
// Tensors: "conv1.weights" (float32, as in memory: convolutions [out][kh][kw][in / groups]); beside each its momentum,
// "momentum/conv1.weights"; and "normaliser", the mean that is subtracted from images.
// Metadata "tandem": a JSON object {version, net, recipe, recipe_hash, step, tested_step, best_step, plateau, classes,
// image, colours, checksums}, where net and recipe are the two TOML files' texts: a checkpoint needs no other file.
// checksums has each tensor's CRC-32, and the metadata "tandem-crc32" that of the object's text; they are verified when
// the part is read.
#pragma once
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "engine/data/colour_pca.h"
#include "engine/data/normaliser.h"
#include "engine/net/net.h"
#include "engine/train/trainer.h"

namespace tandem {

struct CheckpointHeader {
  std::string net_toml, recipe_toml;
  TrainState state;
  std::vector<std::string> class_names;
  ImageFormat image;                      // of the data set, to which the normaliser belongs
  std::optional<ColourPca> colours = {};  // of the training set, where the recipe wants colour noise
};

// Written to a temporary name, synced and renamed. `net` is built for training.
void save_checkpoint(const std::filesystem::path& path, const AnyNet<float>& net, const CheckpointHeader& header,
                     const Normaliser& normaliser);

// Throws Error, with the reason, when the file is not a checkpoint of this program.
CheckpointHeader read_checkpoint_header(const std::filesystem::path& path);
Normaliser read_normaliser(const std::filesystem::path& path, Subtract subtract);

// Fills a net's parameters, and its momentum if it is built for training. Throws Error when the file's tensors are not
// exactly this net's: names, shapes, types.
void load_parameters(const std::filesystem::path& path, AnyNet<float>& net);

// What became of each layer that has parameters.
struct FittingLayers {
  struct Anew {
    std::string layer, reason;
  };
  std::vector<std::string> taken;
  std::vector<Anew> anew;
};

// For fine-tuning: takes the values of every layer whose parameters are all in the file, under the same names and with
// the same shapes, and leaves the others and all momentum as they are.
FittingLayers load_fitting_layers(const std::filesystem::path& path, AnyNet<float>& net);

// The settings that shape every update: the recipe's text without its length (epochs, steps), so that a finished run
// can be made longer, and without a precision of float32, which goes without saying. FNV-1a, 64 bits, in hexadecimal.
std::string recipe_hash(const std::string& recipe_toml);

}  // namespace tandem
