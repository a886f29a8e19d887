// The header that engine/train/checkpoint keeps inside a safetensors file: the input is that JSON text, for a fuzzer of
// whole files would not guess its checksum.
#include "engine/train/checkpoint.h"

#include <cinttypes>
#include <cstdio>

#include "engine/files/crc32.h"
#include "engine/files/safetensors.h"
#include "tests/fuzz/target.h"

void tandem::fuzz::read(Bytes input) {
  const auto path = scratch() / "checkpoint-1.safetensors";
  constexpr float kMean[3] = {1, 2, 3};
  char checksum[9];
  std::snprintf(checksum, sizeof checksum, "%08" PRIx32, crc32(std::as_bytes(input)));
  write_safetensors(path, {{"normaliser", "F32", {3}, std::as_bytes(std::span(kMean))}},
                    {{"tandem", std::string(text(input))}, {"tandem-crc32", checksum}});
  const CheckpointHeader header = read_checkpoint_header(path);
  read_normaliser(path, Subtract::mean);
  parse_recipe(Options::parse(header.recipe_toml, "recipe"));
}
