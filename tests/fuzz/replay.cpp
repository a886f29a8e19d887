// Runs a fuzz target on every file of the folders given, without libFuzzer, so that any compiler will do.
#include <sys/resource.h>

#include <algorithm>
#include <cstdio>
#include <vector>

#include "tests/fuzz/target.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

namespace {

namespace fs = std::filesystem;

// As libFuzzer has it: a reader that wants more memory than this believes a hostile file.
void limit_memory() {
#if !defined(__SANITIZE_ADDRESS__)  // which reserves terabytes of addresses
  constexpr rlimit kTwoGigabytes{rlim_t(2) << 30, rlim_t(2) << 30};
  setrlimit(RLIMIT_AS, &kTwoGigabytes);
#endif
}

std::vector<fs::path> files_in(const fs::path& folder) {
  std::vector<fs::path> files;
  for (const fs::directory_entry& entry : fs::recursive_directory_iterator(folder))
    if (entry.is_regular_file()) files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  return files;
}

}  // namespace

int main(int argc, char** argv) {
  limit_memory();
  LLVMFuzzerTestOneInput(nullptr, 0);
  size_t inputs = 0;
  for (int i = 1; i < argc; ++i)
    for (const fs::path& file : files_in(argv[i])) {
      std::printf("%s\n", file.c_str());
      std::fflush(stdout);  // the last line names the culprit, should this one end the program
      const std::string bytes = tandem::read_whole(file);
      LLVMFuzzerTestOneInput(reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size());
      ++inputs;
    }
  std::printf("%zu inputs\n", inputs);
  return inputs > 0 ? 0 : 1;
}
