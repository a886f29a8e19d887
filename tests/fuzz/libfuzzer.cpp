// Hands a fuzz target to libFuzzer.
#include "engine/core/error.h"
#include "tests/fuzz/target.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  try {
    tandem::fuzz::read({data, size});
  } catch (const tandem::Error&) {  // refused, as is its right
  }
  return 0;
}
