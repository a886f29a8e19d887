// engine/data/cifar: the class names, then the test batch.
#include "engine/data/cifar.h"

#include "tests/fuzz/target.h"

void tandem::fuzz::read(Bytes input) {
  const auto [names, batch] = split(input);
  if (names.empty())  // the file may be missing
    std::filesystem::remove(scratch() / "batches.meta.txt");
  else
    write("batches.meta.txt", names);
  write("test_batch.bin", batch);
  const auto dataset = open_cifar(scratch().path(), Split::test);
  std::vector<uint8_t> pixels(size_t(dataset->format().elements()));
  int32_t label = 0;
  for (long i = 0; i < dataset->size(); ++i) dataset->read(i, pixels.data(), &label);
}
