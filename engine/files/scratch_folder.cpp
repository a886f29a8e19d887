#include "engine/files/scratch_folder.h"

#include <stdlib.h>

#include <cerrno>
#include <cstring>

#include "engine/core/error.h"

namespace tandem {

ScratchFolder::ScratchFolder(const std::string& prefix) {
  // mkdtemp replaces the last six letters.
  std::string name = (std::filesystem::temp_directory_path() / (prefix + "-XXXXXX")).string();
  if (mkdtemp(name.data()) == nullptr)
    throw Error(name, std::string("cannot be created: ") + std::strerror(errno), "TMPDIR names another folder");
  path_ = name;
}

ScratchFolder::~ScratchFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

}  // namespace tandem
