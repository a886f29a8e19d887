#include "kernels/ptx/access_history.h"

namespace tandem::ptx {

const char* name_of(Race race) {
  switch (race) {
    case Race::kWriteAfterWrite:
      return "write after write";
    case Race::kReadAfterWrite:
      return "read after write";
    case Race::kWriteAfterRead:
      return "write after read";
  }
  return "race";
}

}  // namespace tandem::ptx
