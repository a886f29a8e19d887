// What a figure was measured on and with.
#pragma once
#include <string>

namespace tandem {

std::string processor_name();  // as the operating system names it; else the architecture
std::string compiler();        // "GCC 12.2.0"

}  // namespace tandem
