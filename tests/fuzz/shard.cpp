// engine/data/shard: packed photographs.
#include "engine/data/shard.h"

#include "engine/core/error.h"
#include "tests/fuzz/target.h"

void tandem::fuzz::read(Bytes input) {
  const Shard shard(write("train-00000.safetensors", input));
  for (long i = 0; i < shard.size(); ++i) {
    try {
      touch(shard.record(i).pixels);
    } catch (const Error&) {  // a wrong checksum; the other records may be sound
    }
  }
  shard.broken();
}
