// The header that engine/train/checkpoint keeps inside a safetensors file: the input is that JSON text, which a fuzzer
// of whole files would hardly reach.
#include "engine/train/checkpoint.h"

#include "engine/files/safetensors.h"
#include "engine/net/net_spec.h"
#include "tests/fuzz/target.h"

void tandem::fuzz::read(Bytes input) {
  const auto path = scratch() / "checkpoint-1.safetensors";
  constexpr float kMean[3] = {1, 2, 3};
  write_safetensors(path, {{"normaliser", "F32", {3}, std::as_bytes(std::span(kMean))}},
                    {{"tandem", std::string(text(input))}});
  const CheckpointHeader header = read_checkpoint_header(path);
  parse_recipe(Options::parse(header.recipe_toml, "recipe"));
  read_normaliser(path, Subtract::mean);
}
