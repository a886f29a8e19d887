// engine/data/gzip.
#include "engine/data/gzip.h"

#include "tests/fuzz/target.h"

void tandem::fuzz::read(Bytes input) {
  constexpr size_t kLimit = 1 << 20;
  touch(std::span<const uint8_t>(read_file(write("x.gz", input), kLimit)));
}
