// The parts of `tandem bench`.
#pragma once
#include <CLI/CLI.hpp>

#include "apps/commands.h"

namespace tandem {

void add_bench_data(CLI::App& bench, Command& command);

}  // namespace tandem
