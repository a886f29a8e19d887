// What the microscope saw, for people and for scripts.
#pragma once
#include <string>
#include <vector>

#include "apps/xray/compiled_kernel.h"
#include "apps/xray/microscope.h"

namespace tandem {

std::string traffic_table(const std::vector<Sight>& sights);             // a row a kernel of a layer's pass
std::string compiler_table(const std::vector<LaunchedKernel>& kernels);  // a row a kernel and size of its blocks
std::string worst_lines_table(const Lines& lines);                       // the lines that cost most beyond the ideal

std::string to_json(const Sight& sight);  // one line each
std::string to_json(const LaunchedKernel& kernel);

}  // namespace tandem
