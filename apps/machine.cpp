#include "apps/machine.h"

#include <sys/utsname.h>

#include <fstream>

namespace tandem {

std::string processor_name() {
  std::ifstream file("/proc/cpuinfo");
  for (std::string line; std::getline(file, line);)
    if (line.starts_with("model name")) return line.substr(line.find(':') + 2);
  utsname names{};
  uname(&names);
  return names.machine;
}

std::string compiler() {
#ifdef __clang__
  return __VERSION__;  // begins with "Clang"
#else
  return std::string("GCC ") + __VERSION__;
#endif
}

}  // namespace tandem
