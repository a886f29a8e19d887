// engine/files/safetensors.
#include "engine/files/safetensors.h"

#include "tests/fuzz/target.h"

void tandem::fuzz::read(Bytes input) {
  const SafetensorsFile file(write("x.safetensors", input));
  for (const auto& [name, info] : file.tensors()) {
    touch(file.bytes(name));
    if (info.dtype == "F64") touch(file.i64(name));  // refused: another type
  }
}
