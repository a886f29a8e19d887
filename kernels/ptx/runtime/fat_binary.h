// The PTX that nvcc puts into an object file.
#pragma once
#include <string>

namespace tandem::ptx::runtime {

// `wrapper` is what __cudaRegisterFatBinary gets. Returns the PTX for the newest architecture; throws Error if there is
// none, or none that is not compressed.
std::string ptx_of_fat_binary(const void* wrapper);

}  // namespace tandem::ptx::runtime
