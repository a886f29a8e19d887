// engine/data/statistics_file: the mean and the colours of packed photographs.
#include "engine/data/statistics_file.h"

#include "tests/fuzz/target.h"

void tandem::fuzz::read(Bytes input) {
  constexpr ImageFormat kFormat{2, 2, 3};
  read_statistics(write("statistics.safetensors", input), kFormat, /*classes=*/2);
}
