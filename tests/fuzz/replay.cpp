// Runs a fuzz target on every file of the folders given, without libFuzzer, so that any compiler will do. One of them
// must be accepted: a corpus without a sound file tests little, which is what a new version of a format makes of it.
#include <sys/resource.h>

#include <algorithm>
#include <cstdio>
#include <vector>

#include "engine/core/error.h"
#include "tests/fuzz/target.h"

namespace {

namespace fs = std::filesystem;

// As libFuzzer has it: a reader that wants more memory than this believes a hostile file.
void limit_memory() {
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)  // which reserve terabytes of addresses
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

bool accepts(const std::string& bytes) {
  try {
    tandem::fuzz::read({reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()});
    return true;
  } catch (const tandem::Error&) {
    return false;
  }
}

}  // namespace

int main(int argc, char** argv) {
  limit_memory();
  accepts("");
  int inputs = 0, accepted = 0;
  for (int i = 1; i < argc; ++i)
    for (const fs::path& file : files_in(argv[i])) {
      std::printf("%s\n", file.c_str());
      std::fflush(stdout);  // the last line names the culprit, should this one end the program
      accepted += accepts(tandem::read_whole(file));
      ++inputs;
    }
  std::printf("%d inputs, %d of them accepted\n", inputs, accepted);
  return accepted > 0 ? 0 : 1;
}
